import type { ReactNode } from "react";

export function Panel({ title, children, actions, flush = false }: { title?: ReactNode; children: ReactNode; actions?: ReactNode; flush?: boolean }) {
  return (
    <section className="mb-4 min-w-0 rounded-lg border border-line bg-panel shadow-panel">
      {title && (
        <header className="flex min-h-10 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
          <h2 className="font-semibold">{title}</h2>
          <div className="flex items-center gap-2">{actions}</div>
        </header>
      )}
      <div className={flush ? "" : "p-4"}>{children}</div>
    </section>
  );
}
