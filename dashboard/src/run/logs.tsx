/** A task's log: live, searched, by level and attempt, with the colours that programs gave it. */
import { ArrowDownToLine, Filter } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api, read, type Schema, useLive } from "../api/client";
import { Ansi, Button, Copy, IconButton, input, Marked, Menu, MenuCheck } from "../ui";

const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"] as const;
type Level = (typeof LEVELS)[number];
const TONES: Record<Level, string> = { DEBUG: "text-soft", INFO: "text-busy", WARN: "text-wait", ERROR: "text-bad" };
const MOST = 1000;

/** The newest lines, the oldest of them first. The key's last part is empty unless they are narrowed. */
export function useLog(task: string, search: string, levels: Level[], attempt: number | undefined, isOver: boolean) {
  const narrowed = search || levels.length || attempt ? JSON.stringify([search, levels, attempt]) : "";
  return useLive(
    ["logs", task, narrowed],
    async () => {
      const query = { limit: MOST, order_by_direction: "DESC" as const, search: search || undefined, levels: levels.length ? levels : undefined, attempt };
      const found = await read(api.GET("/api/v1/stable/tasks/{task}/logs", { params: { path: { task }, query } }));
      return { ...found, rows: found.rows.reverse() };
    },
    isOver ? 10_000 : 1000,
  );
}

type LogsProps = { task: string; attempts: number; isOver: boolean; attempt?: number };
export function Logs({ task, attempts, isOver, attempt: fixed }: LogsProps) {
  const [search, setSearch] = useState("");
  const [levels, setLevels] = useState<Level[]>([]);
  const [chosen, setAttempt] = useState<number | undefined>(undefined);
  const attempt = fixed ?? chosen;
  const logs = useLog(task, search, levels, attempt, isOver);
  const rows = logs.data?.rows ?? [];
  const isNarrowed = Boolean(search || levels.length || chosen);
  if (rows.length === 0 && !isNarrowed) return <p className="text-soft">{isOver ? "It has logged nothing." : "It has logged nothing yet."} A task logs by <code>ctx.log("…")</code>.</p>;
  return (
    <section aria-label="Log of the task">
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <h3 className="mr-auto font-semibold">Log</h3>
        <input aria-label="Search the log" placeholder="search" className={`${input} w-40`} value={search} onChange={(event) => setSearch(event.target.value)} />
        <Menu
          align="end"
          trigger={
            <Button>
              <Filter aria-hidden="true" size={13} className="text-soft" />
              {levels.length ? levels.map((level) => level.toLowerCase()).join(", ") : "Levels"}
            </Button>
          }
        >
          {LEVELS.map((level) => (
            <MenuCheck key={level} checked={levels.includes(level)} onChange={(on) => setLevels(on ? [...levels, level] : levels.filter((each) => each !== level))}>
              <span className={TONES[level]}>{level.toLowerCase()}</span>
            </MenuCheck>
          ))}
        </Menu>
        {fixed === undefined && attempts > 1 && (
          <select aria-label="Attempt" className={input} value={chosen ?? ""} onChange={(event) => setAttempt(Number(event.target.value) || undefined)}>
            <option value="">all attempts</option>
            {Array.from({ length: attempts }, (_, place) => (
              <option key={place} value={place + 1}>
                attempt {place + 1}
              </option>
            ))}
          </select>
        )}
        <Copy text={rows.map((line) => `${line.createdAt} ${line.level ?? "INFO"} ${line.message}`).join("\n")} label="Copy the log" />
      </div>
      <Lines rows={rows} wanted={search.toLowerCase()} isLive={!isOver} />
      {rows.length === MOST && <p className="mt-1 text-xs text-soft">The newest {MOST} lines; search for others.</p>}
    </section>
  );
}

function Lines({ rows, wanted, isLive }: { rows: Schema["LogLine"][]; wanted: string; isLive: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(isLive);
  const last = rows.at(-1)?.createdAt;
  useEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [last, follows]);
  return (
    <div className="relative">
      <div
        ref={box}
        role="log"
        aria-label="Log"
        tabIndex={0}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          setFollows(isLive && scrollHeight - scrollTop - clientHeight < 24);
        }}
        className="max-h-[26rem] overflow-auto rounded-md border border-line bg-sunk p-2 font-mono text-xs leading-5"
      >
        {rows.length === 0 && <span className="text-soft">No line fits.</span>}
        {rows.map((line, place) => (
          <div key={`${line.createdAt}/${place}`} className="flex gap-3 [contain-intrinsic-height:20px] [content-visibility:auto] hover:bg-hover">
            <time dateTime={line.createdAt} title={line.createdAt} className="shrink-0 text-soft tabular-nums">
              {clockOf(line.createdAt)}
            </time>
            <span className={`w-10 shrink-0 ${TONES[(line.level ?? "INFO") as Level] ?? ""}`}>{(line.level ?? "INFO").toLowerCase()}</span>
            <span className="min-w-0 break-words whitespace-pre-wrap">{wanted ? <Marked text={line.message.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "")} wanted={wanted} /> : <Ansi text={line.message} />}</span>
          </div>
        ))}
      </div>
      {isLive && !follows && (
        <IconButton label="Follow the log" className="absolute right-3 bottom-3 !border-line !bg-panel shadow-float" onClick={() => setFollows(true)}>
          <ArrowDownToLine aria-hidden="true" size={15} />
        </IconButton>
      )}
    </div>
  );
}

const clockOf = (moment: string) => {
  const at = new Date(moment);
  return `${at.toLocaleTimeString("en", { hour12: false })}.${String(at.getMilliseconds()).padStart(3, "0")}`;
};
