/** Short words on what was done, in a corner. */
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { useSyncExternalStore } from "react";

type Told = { id: number; text: string; tone: "good" | "bad" };
let told: Told[] = [];
let last = 0;
const listeners = new Set<() => void>();
const put = (next: Told[]) => {
  told = next;
  for (const listener of listeners) listener();
};

/** Tells it; three at most stand at once. */
export function toast(text: string, tone: "good" | "bad" = "good") {
  last += 1;
  put([...told.slice(-2), { id: last, text, tone }]);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => told,
  );
  return (
    <Radix.Provider swipeDirection="right" duration={5000}>
      {shown.map((each) => (
        <Radix.Root
          key={each.id}
          onOpenChange={(open) => !open && put(told.filter((other) => other.id !== each.id))}
          className="appear flex items-start gap-2 rounded-lg border border-line bg-panel p-3 shadow-float"
        >
          {each.tone === "good" ? <CircleCheck aria-hidden="true" size={16} className="mt-0.5 text-good" /> : <CircleAlert aria-hidden="true" size={16} className="mt-0.5 text-bad" />}
          <Radix.Description className="flex-1 break-words">{each.text}</Radix.Description>
          <Radix.Close aria-label="Dismiss" className="text-soft hover:text-text">
            <X aria-hidden="true" size={14} />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-4 bottom-4 z-50 grid w-80 max-w-[calc(100vw-2rem)] gap-2 outline-none" />
    </Radix.Provider>
  );
}
