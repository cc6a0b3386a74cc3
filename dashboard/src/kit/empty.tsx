import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Copy } from "./copy";

/** Nothing is here: what that means, and what to type to have something. */
export function Empty({ icon: Icon, title, children, command, action }: { icon?: LucideIcon; title?: string; children?: ReactNode; command?: string; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-8 text-center text-soft">
      {Icon && <Icon aria-hidden="true" size={22} strokeWidth={1.75} />}
      {title && <p className="font-medium text-text">{title}</p>}
      {children && <div className="max-w-md">{children}</div>}
      {command && (
        <p className="mt-1 inline-flex max-w-full items-center gap-1 rounded-md border border-line bg-sunk py-0.5 pr-1 pl-3 text-left text-text">
          <code className="break-all">{command}</code>
          <Copy text={command} label="Copy the command" />
        </p>
      )}
      {action}
    </div>
  );
}
