/** Accepting the events of a time again. */
import { useState } from "react";
import { api, read, useChange } from "../api/client";
import { count } from "../format";
import { ChoiceRow, Form, problemOf, TextRow } from "../pieces/form";
import { localTime } from "../schema/fields";
import { ownZone } from "../timed/expression";
import { path } from "../workflow/data";

type Props = { keys: string[]; first: { key: string; scope: string; hours: number } };
export function ReplayAll({ keys, first }: Props) {
  const [since, setSince] = useState(() => localTime(new Date(Date.now() - (first.hours || 1) * 3600_000).toISOString()));
  const [until, setUntil] = useState("");
  const [key, setKey] = useState(first.key);
  const [scope, setScope] = useState(first.scope);
  const [made, setMade] = useState<number | null>(null);
  const send = useChange(async () => {
    const body = { since: new Date(since).toISOString(), until: until ? new Date(until).toISOString() : undefined, keys: key ? [key] : undefined, scopes: scope ? [scope] : undefined };
    setMade((await read(api.POST("/api/v1/tenants/{tenant}/events/replay", { params: { path: path() }, body }))).ids.length);
  });
  return (
    <Form sent={send} action="Replay them" ready={since !== ""} known={["since"]} onSubmit={() => send.mutate(undefined)}>
      <p className="col-span-full">Each event that fits is accepted again, in its order and under a new id, and starts what it starts now. A thousand at most.</p>
      <TextRow label="From" type="datetime-local" value={since} onChange={setSince} hint={ownZone} problem={problemOf(send.error, "since")} />
      <TextRow label="Until (optional)" type="datetime-local" value={until} onChange={setUntil} hint="Now, if it is empty" />
      <ChoiceRow label="Key" value={key} onChange={setKey} options={[["", "any key"], ...keys.map((each) => [each, each] as const)]} />
      <TextRow label="Scope (optional)" value={scope} onChange={setScope} />
      {made !== null && (
        <p role="status" className="col-span-full">
          {made === 0 ? "No event fits." : `${count(made)} events were accepted again.`}
        </p>
      )}
    </Form>
  );
}
