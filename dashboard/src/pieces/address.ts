/** What a view is narrowed to stands in its address, so that it can be sent to others and gone back to. */
import { useNavigate, useSearch } from "@tanstack/react-router";

type Value = string | number | boolean | undefined;

export function useAddress() {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  return {
    get: (name: string) => (search[name] === undefined || search[name] === null ? "" : String(search[name])),
    /** Empty values leave the address. A step that one may want to go back over is no `replace`. */
    set: (change: Record<string, Value>, replace = true) => {
      // Of the address as it is then: what was typed comes later than what was chosen after it.
      const next = (now: Record<string, unknown>) => Object.fromEntries(Object.entries({ ...now, ...change }).filter(([, value]) => value !== undefined && value !== ""));
      void navigate({ to: ".", search: next, replace } as never);
    },
  };
}
