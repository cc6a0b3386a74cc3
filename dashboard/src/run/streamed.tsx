/** What a task streams, as it comes. */
import { useStreamed } from "../api/live";
import { Code } from "../ui";

export function Streamed({ task }: { task: string }) {
  const text = useStreamed(task);
  if (!text) return null;
  return <Code label="Stream">{text}</Code>;
}
