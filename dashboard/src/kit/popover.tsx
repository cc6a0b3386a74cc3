import { Popover as Radix } from "radix-ui";
import type { ReactNode } from "react";

type PopoverProps = { trigger: ReactNode; label: string; children: ReactNode; open?: boolean; onOpenChange?: (open: boolean) => void; align?: "start" | "end" };
export function Popover({ trigger, label, children, open, onOpenChange, align = "start" }: PopoverProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content aria-label={label} align={align} sideOffset={4} collisionPadding={8} className="appear z-50 max-w-[calc(100vw-1rem)] rounded-lg border border-line bg-panel p-3 shadow-float outline-none">
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
