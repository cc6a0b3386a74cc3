/** The pieces that all pages are made of. */
import type { UseQueryResult } from "@tanstack/react-query";
import { type ButtonHTMLAttributes, type ReactNode, useEffect, useRef, useState } from "react";

const TONES: Record<string, string> = {
  COMPLETED: "text-good",
  SUCCEEDED: "text-good",
  ACTIVE: "text-good",
  FAILED: "text-bad",
  CANCELLED: "text-soft",
  INACTIVE: "text-soft",
  RUNNING: "text-busy",
  QUEUED: "text-wait",
  PAUSED: "text-wait",
  SCHEDULED: "text-wait",
};
const MARKS: Record<string, string> = { COMPLETED: "✓", FAILED: "✕", CANCELLED: "⊘", RUNNING: "▶", QUEUED: "◷" };

export function Status({ value }: { value: string }) {
  return (
    <span className={`inline-flex items-center gap-1 font-medium whitespace-nowrap ${TONES[value] ?? "text-soft"}`}>
      <span aria-hidden="true">{MARKS[value] ?? "•"}</span>
      {value.toLowerCase()}
    </span>
  );
}

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { tone?: "plain" | "strong" | "danger" };
export function Button({ tone = "plain", className = "", ...rest }: ButtonProps) {
  const tones = {
    plain: "border-line bg-panel hover:border-soft",
    strong: "border-transparent bg-accent text-ground hover:opacity-90",
    danger: "border-line bg-panel text-bad hover:border-bad",
  };
  return (
    <button
      type="button"
      className={`cursor-pointer rounded border px-3 py-1 disabled:cursor-default disabled:opacity-50 ${tones[tone]} ${className}`}
      {...rest}
    />
  );
}

export function Panel({ title, children, actions }: { title?: ReactNode; children: ReactNode; actions?: ReactNode }) {
  return (
    <section className="mb-4 rounded border border-line bg-panel">
      {title && (
        <header className="flex items-center justify-between gap-2 border-b border-line px-3 py-2">
          <h2 className="font-semibold">{title}</h2>
          <div className="flex gap-2">{actions}</div>
        </header>
      )}
      <div className="p-3">{children}</div>
    </section>
  );
}

export function Page({ title, children, actions }: { title: ReactNode; children: ReactNode; actions?: ReactNode }) {
  useEffect(() => {
    document.title = `${typeof title === "string" ? title : "Run"} – Mattock`;
  }, [title]);
  return (
    <main id="main" className="mx-auto w-full max-w-7xl p-4">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-2">
        <h1 className="text-xl font-semibold break-all">{title}</h1>
        <div className="flex flex-wrap gap-2">{actions}</div>
      </div>
      {children}
    </main>
  );
}

/** What was read, or why not; an empty list says what to do. */
export function Loaded<T>({ of, children, empty }: { of: UseQueryResult<T>; children: (found: T) => ReactNode; empty?: ReactNode }) {
  if (of.data !== undefined) {
    const none = Array.isArray(of.data) && of.data.length === 0;
    return none && empty ? <div className="py-6 text-center text-soft">{empty}</div> : <>{children(of.data)}</>;
  }
  if (of.error) {
    return (
      <p role="alert" className="text-bad">
        {of.error.message}
      </p>
    );
  }
  return (
    <p role="status" className="text-soft">
      Loading…
    </p>
  );
}

export type Column<T> = { head: string; cell: (row: T) => ReactNode; wide?: boolean };
export function Table<T>({ label, rows, columns, id }: { label: string; rows: T[]; columns: Column<T>[]; id: (row: T) => string }) {
  return (
    <div role="region" aria-label={label} tabIndex={0} className="overflow-x-auto">
    <table className="w-full border-collapse text-left">
      <caption className="sr-only">{label}</caption>
      <thead>
        <tr className="border-b border-line text-soft">
          {columns.map((column) => (
            <th key={column.head} scope="col" className="px-2 py-1 font-medium whitespace-nowrap">
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={id(row)} className="border-b border-line/60 last:border-0 hover:bg-ground">
            {columns.map((column) => (
              <td key={column.head} className={`px-2 py-1.5 align-top ${column.wide ? "break-all" : "whitespace-nowrap"}`}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    </div>
  );
}

export function Code({ children, label }: { children: string; label: string }) {
  return (
    <pre tabIndex={0} aria-label={label} className="max-h-96 overflow-auto rounded bg-ground p-2 font-mono text-xs whitespace-pre-wrap break-all">
      {children}
    </pre>
  );
}

export function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className="block">
      <span className="mb-1 block text-soft">{label}</span>
      {children}
    </label>
  );
}

export const input = "rounded border border-line bg-ground px-2 py-1";

export function Dialog({ title, open, onClose, children }: { title: string; open: boolean; onClose: () => void; children: ReactNode }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    if (open && dialog && !dialog.open) dialog.showModal();
    if (!open && dialog?.open) dialog.close();
  }, [open]);
  return (
    <dialog ref={box} onClose={onClose} aria-label={title} className="m-auto w-full max-w-xl rounded border border-line bg-panel p-4 text-text backdrop:bg-black/50">
      <div className="mb-3 flex items-center justify-between">
        <h2 className="text-lg font-semibold">{title}</h2>
        <Button onClick={onClose} aria-label="Close">
          ✕
        </Button>
      </div>
      {open && children}
    </dialog>
  );
}

/** An area for a JSON object, which says what is wrong with it. */
export function JsonArea({ label, value, onChange }: { label: string; value: string; onChange: (text: string, parsed: Record<string, unknown> | null) => void }) {
  const [problem, setProblem] = useState("");
  return (
    <Field label={label}>
      <textarea
        className={`${input} h-40 w-full font-mono text-xs`}
        spellCheck={false}
        value={value}
        aria-invalid={problem !== ""}
        onChange={(event) => {
          const text = event.target.value;
          try {
            const parsed: unknown = JSON.parse(text);
            const fits = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
            setProblem(fits ? "" : "expected a JSON object");
            onChange(text, fits ? (parsed as Record<string, unknown>) : null);
          } catch (error) {
            setProblem(String(error).replace("SyntaxError: ", ""));
            onChange(text, null);
          }
        }}
      />
      {problem && (
        <span role="alert" className="text-bad">
          {problem}
        </span>
      )}
    </Field>
  );
}
