/** How long this tenant keeps what has ended. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, read, type Schema, tenant, useChange } from "../api/client";
import { Button, Field, input, Panel } from "../ui";

export function Retention() {
  const path = { params: { path: { tenant: tenant() } } };
  const found = useQuery({
    queryKey: ["retention"],
    queryFn: () => read(api.GET("/api/v1/tenants/{tenant}/retention", path)),
  });
  return (
    <Panel title="Retention">
      {found.error && <p role="alert">{found.error.message}</p>}
      {found.data && <Days now={found.data} />}
    </Panel>
  );
}

function Days({ now }: { now: Schema["Retention"] }) {
  const [days, setDays] = useState(now.own ? String(now.own) : "");
  const change = useChange(() =>
    read(
      api.PUT("/api/v1/tenants/{tenant}/retention", {
        params: { path: { tenant: tenant() } },
        body: { days: days === "" ? null : Number(days) },
      }),
    ),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(undefined);
  };
  return (
    <>
      <p className="mb-3 text-muted">
        Runs, logs, events and the audit log are kept for {now.days} days. The server keeps them for {now.longest} at most.
      </p>
      <form className="flex flex-wrap items-end gap-3" onSubmit={submit}>
        <Field label="Days; empty for as long as the server keeps">
          <input
            className={input}
            type="number"
            min={1}
            max={now.longest}
            value={days}
            onChange={(event) => setDays(event.target.value)}
          />
        </Field>
        <Button type="submit" disabled={change.isPending}>
          Change the retention
        </Button>
        {change.error && (
          <p role="alert" className="text-bad">
            {change.error.message}
          </p>
        )}
        {change.isSuccess && <p role="status">Changed. What is older goes within a quarter of an hour.</p>}
      </form>
    </>
  );
}
