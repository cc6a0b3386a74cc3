import type { ReactNode } from "react";

export function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className="block">
      <span className="mb-1 block text-xs font-medium text-soft">{label}</span>
      {children}
    </label>
  );
}

/** The classes of a field that is typed or chosen in. */
export const input = "rounded-md border border-line bg-ground px-2 py-1 placeholder:text-soft";
