/** Whether the window is as narrow as a phone's. */
import { useSyncExternalStore } from "react";

const narrow = window.matchMedia("(max-width: 639px)");
const listen = (listener: () => void) => {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
};

export const useIsNarrow = () => useSyncExternalStore(listen, () => narrow.matches);
