/** A chart whose module is loaded when the first is wanted; drawn at once when it is there, which React's lazy does not. */
import { type ComponentProps, useEffect, useState } from "react";
import type Drawn from "./chart";
import { Skeleton } from "./loaded";

let Loaded: typeof Drawn | undefined;

/** Loads what charts are drawn with; views that will have some call it early. */
export async function loadChart(): Promise<typeof Drawn> {
  Loaded ??= (await import("./chart")).default;
  return Loaded;
}

export function Chart(props: ComponentProps<typeof Drawn>) {
  const [Shown, setShown] = useState(() => Loaded);
  useEffect(() => void loadChart().then((found) => setShown(() => found)), []);
  return Shown ? <Shown {...props} /> : <Skeleton rows={5} />;
}
