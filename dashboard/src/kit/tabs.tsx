import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export type Tab = { id: string; name: string; count?: number; content: ReactNode };
/** Tabs whose chosen one is known outside, so that an address can name it. */
export function Tabs({ label, tabs, chosen, onChoose }: { label: string; tabs: Tab[]; chosen: string; onChoose: (id: string) => void }) {
  const shown = tabs.some((tab) => tab.id === chosen) ? chosen : (tabs[0]?.id ?? "");
  return (
    <Radix.Root value={shown} onValueChange={onChoose} activationMode="manual">
      <Radix.List aria-label={label} className="mb-4 flex gap-4 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="-mb-px flex items-center gap-1.5 border-b-2 border-transparent px-0.5 py-2 font-medium whitespace-nowrap text-soft outline-offset-[-2px] hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {tab.name}
            {tab.count !== undefined && tab.count > 0 && <span className="rounded-full bg-sunk px-1.5 text-xs tabular-nums">{tab.count}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} className="outline-offset-4">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
