import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";

const ITEM =
  "flex w-full cursor-pointer items-center gap-2 rounded-md px-2 py-1.5 outline-none select-none data-[disabled]:pointer-events-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover";

/** A menu that opens from a button. */
export function Menu({ trigger, children, align = "start" }: { trigger: ReactNode; children: ReactNode; align?: "start" | "end" }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align={align} sideOffset={4} collisionPadding={8} className="appear z-50 max-h-[70vh] min-w-44 overflow-auto rounded-lg border border-line bg-panel p-1 shadow-float">
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function MenuItem({ onSelect, children, disabled, tone }: { onSelect: () => void; children: ReactNode; disabled?: boolean; tone?: "danger" }) {
  return (
    <Radix.Item disabled={disabled} onSelect={onSelect} className={`${ITEM} ${tone === "danger" ? "text-bad" : ""}`}>
      {children}
    </Radix.Item>
  );
}

/** One of many that can be on at once; the menu stays open. */
export function MenuCheck({ checked, onChange, children }: { checked: boolean; onChange: (on: boolean) => void; children: ReactNode }) {
  return (
    <Radix.CheckboxItem checked={checked} onCheckedChange={onChange} onSelect={(event) => event.preventDefault()} className={ITEM}>
      <span aria-hidden="true" className={`flex size-4 items-center justify-center rounded border ${checked ? "border-accent bg-accent text-ground" : "border-line"}`}>
        {checked && <Check size={12} strokeWidth={3} />}
      </span>
      {children}
    </Radix.CheckboxItem>
  );
}

export const MenuLine = () => <Radix.Separator className="my-1 h-px bg-line" />;

export const MenuLabel = ({ children }: { children: ReactNode }) => <Radix.Label className="px-2 py-1 text-xs font-medium text-soft">{children}</Radix.Label>;
