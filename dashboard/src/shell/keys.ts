/** Keys: alone, or one after the other (`g r`), unless something is being typed or a dialog is open. */
import { useEffect, useRef } from "react";

export type Keys = Record<string, () => void>;
const SEQUENCE_MS = 900;

function isTaken(event: KeyboardEvent): boolean {
  const place = event.target as HTMLElement;
  return place.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(place.tagName) || document.querySelector("[role=dialog], [role=menu], [role=listbox]") !== null;
}

/** Listens while the component is there. `mod+k` also while typing. */
export function useKeys(keys: Keys) {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    let before = "";
    let at = 0;
    const listen = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey) {
        const act = now.current[`mod+${event.key.toLowerCase()}`];
        if (act) {
          event.preventDefault();
          act();
        }
        return;
      }
      if (event.altKey || isTaken(event)) return;
      const pair = event.timeStamp - at < SEQUENCE_MS ? `${before} ${event.key}` : "";
      const act = now.current[pair] ?? now.current[event.key];
      before = event.key;
      at = event.timeStamp;
      if (act) {
        event.preventDefault();
        before = "";
        act();
      }
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

const MOD = navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl";
/** What the help sheet says. */
export const SHORTCUTS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Anywhere",
    [
      [`${MOD} K`, "Go to a page, a workflow or a run"],
      ["?", "These shortcuts"],
      ["[", "Names of the pages, or marks alone"],
      ["g o", "Overview"],
      ["g r", "Runs"],
      ["g w", "Workflows"],
      ["g k", "Workers"],
      ["g e", "Events"],
      ["g l", "Logs"],
      ["g s", "Settings"],
    ],
  ],
  [
    "Runs",
    [
      ["j  k", "Next row, previous row"],
      ["Enter", "Open the row"],
      ["x", "Choose the row"],
      ["c", "Start a run"],
      ["f", "Add a filter"],
    ],
  ],
  [
    "A run",
    [
      ["1 … 9", "Its tabs"],
      ["r", "Replay"],
      ["Esc", "Close what is open"],
    ],
  ],
];
