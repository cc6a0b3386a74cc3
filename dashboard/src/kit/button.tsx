import type { ComponentProps } from "react";

type Tone = "plain" | "strong" | "danger" | "quiet";
export type ButtonProps = ComponentProps<"button"> & { tone?: Tone };
const TONES: Record<Tone, string> = {
  plain: "border-line bg-panel shadow-panel hover:bg-hover",
  strong: "border-transparent bg-accent text-ground hover:opacity-90",
  danger: "border-line bg-panel text-bad shadow-panel hover:border-bad hover:bg-bad-soft",
  quiet: "border-transparent bg-transparent text-soft hover:bg-hover hover:text-text",
};

export function Button({ tone = "plain", className = "", ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`inline-flex items-center justify-center gap-1.5 rounded-md border px-2.5 py-1 font-medium whitespace-nowrap transition-colors disabled:pointer-events-none disabled:opacity-50 ${TONES[tone]} ${className}`}
      {...rest}
    />
  );
}

/** A button that is a mark alone; `label` says what it does. */
export function IconButton({ label, className = "", ...rest }: ButtonProps & { label: string }) {
  return <Button tone="quiet" aria-label={label} title={label} className={`!px-1.5 ${className}`} {...rest} />;
}
