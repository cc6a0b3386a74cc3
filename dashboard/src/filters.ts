/** What the list of runs can be narrowed to, as its address says it. */
export type RunFilters = { status?: string; workflow?: string; hours?: number; metadata?: string; page?: number };
