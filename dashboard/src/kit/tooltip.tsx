import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";

/** A few words more on what has the focus or the pointer. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={300}>
      <Radix.Root>
        <Radix.Trigger asChild>{children}</Radix.Trigger>
        <Radix.Portal>
          <Radix.Content sideOffset={4} collisionPadding={8} className="appear z-50 max-w-xs rounded-md bg-text px-2 py-1 text-xs text-ground shadow-float">
            {text}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  );
}
