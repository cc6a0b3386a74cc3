/** Calls to the server: typed by its contract, with the session of this browser. */
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import { ApiError, setTenant } from "./session";

export { askAhead, useLive } from "./live";
export { ApiError, queries, tenant } from "./session";

export type Schema = components["schemas"];

function cookie(name: string): string {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

const TENANT = "tenant";

/** Another tenant of the person's: everything is read anew. */
export function chooseTenant(id: string) {
  localStorage.setItem(TENANT, id);
  window.location.assign("/");
}

const client = createClient<paths>({ credentials: "same-origin" });
client.use({
  onRequest({ request }) {
    const chosen = localStorage.getItem(TENANT);
    if (chosen) request.headers.set("X-Mattock-Tenant", chosen);
    if (request.method !== "GET") request.headers.set("X-CSRF-Token", cookie("mattock_csrf"));
    return request;
  },
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** What an answer holds; its error is thrown. */
export async function read<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok) return data as T;
  const told = (error as { errors?: { description: string; field?: string }[] } | undefined)?.errors?.[0];
  throw new ApiError(response.status, told?.description ?? `${response.status} ${response.statusText}`, told?.field);
}

export const api = client;

/** Who is logged in, and where: all else is asked for after it. */
export const me = queryOptions({
  queryKey: ["me"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async () => {
    const found = await read(api.GET("/api/v1/me")).catch((error) => {
      // The one that was chosen may be another person's, or closed to this one now. (Not so if nobody answered.)
      if (!localStorage.getItem(TENANT) || !(error instanceof ApiError)) throw error;
      localStorage.removeItem(TENANT);
      return read(api.GET("/api/v1/me"));
    });
    setTenant(String(found.tenantId));
    return found;
  },
});

export const useMe = () => useQuery(me);

/** A change; what it may have changed is read again. */
export function useChange<V>(change: (value: V) => Promise<unknown>) {
  const known = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => known.invalidateQueries() });
}
