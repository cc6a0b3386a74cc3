import { type ReactNode, useEffect } from "react";

type PageProps = { title: ReactNode; children: ReactNode; actions?: ReactNode; above?: ReactNode };
export function Page({ title, children, actions, above }: PageProps) {
  useEffect(() => {
    document.title = `${typeof title === "string" ? title : "Run"} – Mattock`;
  }, [title]);
  return (
    <main id="main" tabIndex={-1} className="mx-auto w-full max-w-[90rem] px-4 py-5 outline-none md:px-8">
      {above}
      <div className="mb-5 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h1 className="text-xl font-semibold tracking-tight break-all">{title}</h1>
        <div className="flex flex-wrap items-center gap-2">{actions}</div>
      </div>
      {children}
    </main>
  );
}
