import { CircleAlert } from "lucide-react";

/** What went wrong, said where it was asked for. */
export function Problem({ error }: { error: Error | null | undefined }) {
  if (!error) return null;
  return (
    <p role="alert" className="my-2 flex items-start gap-2 rounded-md bg-bad-soft px-3 py-2 text-bad">
      <CircleAlert aria-hidden="true" size={16} className="mt-0.5 shrink-0" />
      <span className="break-words">{error.message}</span>
    </p>
  );
}
