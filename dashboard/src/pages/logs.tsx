/** Logs of all tasks: searched, narrowed, or watched as they come. */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, read, tenant, useLive } from "../api/client";
import { Lines, LEVELS } from "../logs/lines";
import { useAddress } from "../pieces/address";
import { Refusal } from "../pieces/form";
import { TimeBars } from "../pieces/plot";
import { ChoiceField, Nothing, SearchField } from "../pieces/view";
import { Button, Page, Panel } from "../ui";
import { useWorkflowOptions } from "../workflow/data";

const SIZE = 200;
const HOURS = [["", "last hour"], ["6", "last 6 hours"], ["24", "last day"], ["168", "last week"]] as const;
const path = () => ({ tenant: tenant() });

export function Logs() {
  const { get, set } = useAddress();
  const [from, to] = [Date.parse(get("from")), Date.parse(get("to"))];
  const chosen = from < to ? { from, to } : null;
  const [live, setLive] = useState(true);
  const follows = live && chosen === null;
  const options = useWorkflowOptions(["", "any workflow"]);
  const narrowed = { search: get("search") || undefined, levels: get("level") ? [get("level") as "INFO"] : undefined, workflow_ids: get("workflow") ? [get("workflow")] : undefined };
  const hours = Number(get("hours")) || 1;
  const span = () => (chosen ? { since: chosen.from, until: chosen.to } : { since: Date.now() - hours * 3600_000, until: Date.now() });
  const points = useLive(
    ["log-points", narrowed, hours, chosen],
    async () => {
      const { since, until } = span();
      const query = { ...narrowed, since: new Date(since).toISOString(), until: new Date(until).toISOString() };
      return { since, until, ...(await read(api.GET("/api/v1/stable/tenants/{tenant}/log-point-metrics", { params: { path: path(), query } }))) };
    },
    follows ? 3000 : 60_000,
  );
  const key = ["logs", narrowed, hours, chosen];
  const known = useQueryClient().getQueryData(key) !== undefined;
  const logs = useInfiniteQuery({
    queryKey: key,
    initialPageParam: 0,
    // What has stopped is not read anew, whatever changes.
    enabled: follows || !known,
    queryFn: ({ pageParam }) => {
      const { since, until } = span();
      const query = { ...narrowed, limit: SIZE, offset: pageParam, since: new Date(since).toISOString(), until: chosen ? new Date(until).toISOString() : undefined };
      return read(api.GET("/api/v1/stable/tenants/{tenant}/logs", { params: { path: path(), query } }));
    },
    getNextPageParam: (last, _, offset) => (last.pagination.next_page ? offset + SIZE : undefined),
    // Older pages would move under the reader: what is read far back is not followed.
    refetchInterval: ({ state }) => (follows && (state.data?.pages.length ?? 0) < 2 ? 1500 : false),
  });
  const rows = (logs.data?.pages ?? []).flatMap((page) => page.rows ?? []);
  const none = logs.isSuccess && rows.length === 0;
  const isNarrowed = Object.values(narrowed).some(Boolean) || chosen !== null || get("hours") !== "";
  return (
    <Page
      title="Logs"
      actions={
        <Button aria-pressed={follows} disabled={chosen !== null} onClick={() => setLive(!live)}>
          <span aria-hidden="true" className={follows ? "text-good" : "text-soft"}>● </span>
          {follows ? "Live" : "Stopped"}
        </Button>
      }
    >
      <div className="mb-3 flex flex-wrap gap-2">
        <SearchField name="search" label="Search" placeholder="text" className="w-56" />
        <ChoiceField name="level" label="Level" options={[["", "any level"], ...LEVELS.map(({ key }) => [key, key.toLowerCase()] as const)]} />
        <ChoiceField name="workflow" label="Workflow" options={options} />
        {chosen ? (
          <Button onClick={() => set({ from: undefined, to: undefined })}>
            {new Date(chosen.from).toLocaleTimeString()} – {new Date(chosen.to).toLocaleTimeString()} ✕
          </Button>
        ) : (
          <ChoiceField name="hours" label="Time" options={HOURS} />
        )}
      </div>
      <Refusal of={[logs.error, points.error]} />
      <Panel>
        {points.data && (
          <TimeBars
            label="Lines"
            since={points.data.since}
            until={points.data.until}
            seconds={points.data.seconds}
            series={LEVELS}
            slices={points.data.results.map((point) => ({ time: point.time, values: { DEBUG: point.DEBUG, INFO: point.INFO, WARN: point.WARN, ERROR: point.ERROR } }))}
            onZoom={(since, until) => set({ from: new Date(since).toISOString(), to: new Date(until).toISOString() }, false)}
          />
        )}
      </Panel>
      <Panel>
        {none ? (
          isNarrowed ? (
            <Nothing title="No line fits" action={<Button onClick={() => set({ search: undefined, level: undefined, workflow: undefined, from: undefined, to: undefined, hours: "168" })}>Look at the whole last week</Button>} />
          ) : (
            <Nothing title="No line within the last hour" command={'ctx.log("charged the card")'}>
              A task writes a line so; what Python's <code>logging</code> writes within a task comes here too.
            </Nothing>
          )
        ) : (
          <>
            <Lines rows={rows} />
            <More more={logs.hasNextPage} busy={logs.isFetchingNextPage} onMore={() => void logs.fetchNextPage()} />
          </>
        )}
      </Panel>
    </Page>
  );
}

/** Asks for older lines when it comes into sight. */
function More({ more, busy, onMore }: { more: boolean; busy: boolean; onMore: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const ask = useRef(onMore);
  ask.current = onMore;
  useEffect(() => {
    if (!more || busy || !box.current) return;
    const seen = new IntersectionObserver((found) => found.some((each) => each.isIntersecting) && ask.current());
    seen.observe(box.current);
    return () => seen.disconnect();
  }, [more, busy]);
  if (!more) return null;
  return (
    <div ref={box} className="py-3 text-center">
      <Button disabled={busy} onClick={onMore}>
        {busy ? "Loading…" : "Older lines"}
      </Button>
    </div>
  );
}
