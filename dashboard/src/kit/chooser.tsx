/** One or several of many, found by typing. */
import { Check } from "lucide-react";
import { type ReactNode, useState } from "react";
import { input } from "./field";
import { Popover } from "./popover";

const SHOWN = 100;
type ChooserProps = {
  label: string;
  trigger: ReactNode;
  options: readonly (readonly [string, string])[];
  chosen: readonly string[];
  onChoose: (id: string) => void;
  closes?: boolean;
  empty?: ReactNode;
};
export function Chooser({ label, trigger, options, chosen, onChoose, closes = true, empty = "Nothing has this name." }: ChooserProps) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = options.filter(([, name]) => name.toLowerCase().includes(text.trim().toLowerCase())).slice(0, SHOWN);
  const choose = (id: string | undefined) => {
    if (id === undefined) return;
    onChoose(id);
    if (closes) setOpen(false);
  };
  return (
    <Popover label={label} trigger={trigger} open={open} onOpenChange={setOpen}>
      <input
        autoFocus
        role="combobox"
        aria-label={`Find: ${label}`}
        aria-expanded="true"
        aria-controls={`options-${label}`}
        aria-activedescendant={found[at] ? `option-${found[at][0]}` : undefined}
        className={`${input} mb-2 w-60 max-w-full`}
        placeholder="type to find"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step) {
            event.preventDefault();
            setAt(Math.max(0, Math.min(found.length - 1, at + step)));
          }
          if (event.key === "Enter") {
            event.preventDefault();
            choose(found[at]?.[0]);
          }
        }}
      />
      {found.length === 0 && <p className="px-2 py-1 text-soft">{empty}</p>}
      <div id={`options-${label}`} role="listbox" aria-label={label} aria-multiselectable={!closes} tabIndex={-1} className="max-h-72 overflow-auto">
        {found.map(([id, name], place) => (
          <div
            key={id}
            id={`option-${id}`}
            role="option"
            aria-selected={chosen.includes(id)}
            onClick={() => choose(id)}
            onPointerMove={() => setAt(place)}
            className={`flex cursor-pointer items-center gap-2 rounded-md px-2 py-1 ${place === at ? "bg-hover" : ""}`}
          >
            <span className="w-4 shrink-0">{chosen.includes(id) && <Check aria-hidden="true" size={14} className="text-accent" />}</span>
            <span className="break-all">{name}</span>
          </div>
        ))}
      </div>
    </Popover>
  );
}
