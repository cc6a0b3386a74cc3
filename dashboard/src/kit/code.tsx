import { Copy } from "./copy";

export function Code({ children, label }: { children: string; label: string }) {
  return (
    <div className="relative">
      <pre tabIndex={0} role="region" aria-label={label} className="max-h-96 overflow-auto rounded-md border border-line bg-sunk p-3 pr-10 font-mono text-xs leading-5 whitespace-pre-wrap break-all">
        {children}
      </pre>
      <span className="absolute top-1 right-1">
        <Copy text={children} />
      </span>
    </div>
  );
}
