/** What the list of runs can be narrowed to, as its address says it. */
export type RunFilters = { status?: string; workflow?: string; hours?: number; metadata?: string; page?: number };
export type ConcurrencyFilters = { search?: string; workflow?: string };
export type DeadLetterFilters = { workflow?: string; error?: string };
