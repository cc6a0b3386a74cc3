/** What every call shares: what is known already, and whose it is. */
import { QueryClient } from "@tanstack/react-query";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** What of the request was wrong, as the contract names it. */
    readonly field = "",
  ) {
    super(message);
  }
}

export const queries = new QueryClient({
  defaultOptions: { queries: { retry: (count, error) => !(error instanceof ApiError) && count < 2, staleTime: 1000 } },
});

let tenantId = "";
export const tenant = () => tenantId;
export function setTenant(id: string) {
  tenantId = id;
}
