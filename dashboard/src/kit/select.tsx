import { Check, ChevronDown } from "lucide-react";
import { Select as Radix } from "radix-ui";

type SelectProps<T extends string> = { label: string; value: T; options: readonly (readonly [T, string])[]; onChange: (value: T) => void };
/** One of a few. */
export function Select<T extends string>({ label, value, options, onChange }: SelectProps<T>) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as T)}>
      <Radix.Trigger aria-label={label} className="inline-flex items-center gap-1.5 rounded-md border border-line bg-panel px-2.5 py-1 font-medium shadow-panel hover:bg-hover">
        <Radix.Value />
        <ChevronDown aria-hidden="true" size={14} className="text-soft" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content position="popper" sideOffset={4} collisionPadding={8} className="appear z-50 max-h-[60vh] min-w-[var(--radix-select-trigger-width)] overflow-hidden rounded-lg border border-line bg-panel shadow-float">
          <Radix.Viewport className="p-1">
            {options.map(([each, name]) => (
              <Radix.Item key={each} value={each} className="flex cursor-pointer items-center gap-2 rounded-md py-1.5 pr-3 pl-2 outline-none select-none data-[highlighted]:bg-hover">
                <span className="w-4">
                  <Radix.ItemIndicator>
                    <Check aria-hidden="true" size={14} />
                  </Radix.ItemIndicator>
                </span>
                <Radix.ItemText>{name}</Radix.ItemText>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
