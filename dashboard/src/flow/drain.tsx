/** Draining a worker: it gets nothing new, and can be taken away once it holds nothing. */
import { api, read, type Schema, useChange } from "../api/client";
import { Button } from "../ui";

export function Drain({ worker }: { worker: Schema["Worker"] }) {
  const drain = useChange(() => read(api.PATCH("/api/v1/workers/{worker}", { params: { path: { worker: worker.metadata.id } }, body: { drain: true } })));
  if (worker.drain) return null;
  return (
    <Button disabled={drain.isPending} title={drain.error?.message ?? "Nothing new; shown as drained once it holds nothing"} onClick={() => drain.mutate(undefined)}>
      Drain
    </Button>
  );
}
