/** A chart whose module is loaded when the first is wanted; drawn at once when it is there, which React's lazy does not. */
import { type ComponentProps, useEffect, useState } from "react";
import type Drawn from "./chart";
import { Skeleton } from "./loaded";

let loaded: typeof Drawn | undefined;

/** Loads what charts are drawn with; views that will have some call it early. */
export async function loadChart(): Promise<typeof Drawn> {
  loaded ??= (await import("./chart")).default;
  return loaded;
}

export function Chart(props: ComponentProps<typeof Drawn>) {
  const [Shown, setShown] = useState(() => loaded);
  const fail = (error: unknown) =>
    setShown(() => {
      throw error;
    });
  // biome-ignore lint: once. What cannot be loaded is an error of the page, as with React's lazy.
  useEffect(() => void loadChart().then((found) => setShown(() => found), fail), []);
  return Shown ? <Shown {...props} /> : <Skeleton rows={5} />;
}
