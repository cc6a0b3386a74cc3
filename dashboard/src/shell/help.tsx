import { Dialog } from "../kit/dialog";
import { SHORTCUTS } from "./keys";

/** The sheet of keyboard shortcuts. */
export default function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" open onClose={onClose}>
      <div className="grid gap-5 sm:grid-cols-2">
        {SHORTCUTS.map(([place, keys]) => (
          <section key={place}>
            <h3 className="mb-2 text-xs font-semibold text-soft">{place}</h3>
            <dl className="grid gap-1.5">
              {keys.map(([key, what]) => (
                <div key={key} className="flex items-center justify-between gap-3">
                  <dt>{what}</dt>
                  <dd className="flex gap-1">
                    {key.split(/\s+/).map((each, index) => (
                      <kbd key={`${each}${index}`} className="min-w-6 rounded border border-line bg-sunk px-1.5 text-center">
                        {each}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
