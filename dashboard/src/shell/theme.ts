/** Light, dark, or as the system has it; kept in this browser. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
const KEY = "theme";
const listeners = new Set<() => void>();
const known = (text: string | null): Theme => (text === "light" || text === "dark" ? text : "system");
const system = window.matchMedia("(prefers-color-scheme: dark)");

export const chosenTheme = (): Theme => known(localStorage.getItem(KEY));

function apply() {
  const theme = chosenTheme();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

export function chooseTheme(theme: Theme) {
  localStorage.setItem(KEY, theme);
  apply();
}

const listen = (listener: () => void) => {
  listeners.add(listener);
  system.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    system.removeEventListener("change", listener);
  };
};

export const useTheme = () => useSyncExternalStore(listen, chosenTheme);

export const useIsDark = () => useSyncExternalStore(listen, () => (chosenTheme() === "system" ? system.matches : chosenTheme() === "dark"));

apply();
