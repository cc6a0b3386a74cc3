/** A task's attempts, one by one or two side by side. */
import { Link } from "@tanstack/react-router";
import type { Schema } from "../api/client";
import { useWorkers } from "../api/lists";
import { between, clock } from "../format";
import { Code, Status } from "../ui";
import type { Attempt } from "./attempts";
import { Logs } from "./logs";

type AttemptsProps = { task: Schema["TaskSummary"]; attempts: Attempt[]; one?: number; other?: number; isOver: boolean; onChoose: (one?: number, other?: number) => void };

export function Attempts({ task, attempts, one, other, isOver, onChoose }: AttemptsProps) {
  const shown = attempts.filter((attempt) => attempt.number === one || attempt.number === other);
  const toggle = (number: number) => {
    const chosen = [one, other].filter((each) => each !== undefined);
    const next = chosen.includes(number) ? chosen.filter((each) => each !== number) : [...chosen.slice(-1), number].sort((a, b) => a - b);
    onChoose(next[0], next[1]);
  };
  if (attempts.length === 0) return <p className="text-soft">There is no attempt yet.</p>;
  return (
    <>
      <p className="mb-2 text-soft">Choose an attempt to look at it, two to compare them.</p>
      <ul className="mb-4 grid grid-cols-1 gap-1">
        {attempts.map((attempt) => (
          <li key={attempt.number}>
            <label className={`flex cursor-pointer flex-wrap items-center gap-x-4 gap-y-1 rounded-md border px-3 py-1.5 hover:bg-hover ${shown.includes(attempt) ? "border-accent bg-accent-soft" : "border-line"}`}>
              <input type="checkbox" className="accent-(--accent)" aria-label={`Attempt ${attempt.number}`} checked={shown.includes(attempt)} onChange={() => toggle(attempt.number)} />
              <span className="font-medium">Attempt {attempt.number}</span>
              <Status value={attempt.status} />
              <span className="text-soft tabular-nums">{attempt.begun ? `ran ${between(attempt.begun, attempt.ended)}` : ""}</span>
              <span className="min-w-0 flex-1 truncate font-mono text-xs text-bad">{attempt.error?.split("\n")[0]}</span>
            </label>
          </li>
        ))}
      </ul>
      <div className={`grid gap-4 ${shown.length > 1 ? "lg:grid-cols-2" : ""}`}>
        {shown.map((attempt) => (
          <One key={attempt.number} task={task} attempt={attempt} isOver={isOver} />
        ))}
      </div>
    </>
  );
}

function One({ task, attempt, isOver }: { task: Schema["TaskSummary"]; attempt: Attempt; isOver: boolean }) {
  const facts: [string, string][] = [
    ["Began", attempt.begun ? clock(attempt.begun) : "–"],
    ["Ended", attempt.ended ? clock(attempt.ended) : "–"],
    ["Ran", attempt.begun ? between(attempt.begun, attempt.ended) : "–"],
  ];
  return (
    <section aria-label={`Attempt ${attempt.number}`} className="min-w-0 rounded-lg border border-line p-3">
      <h3 className="mb-2 flex items-center gap-3 font-semibold">
        Attempt {attempt.number} <Status value={attempt.status} />
      </h3>
      <dl className="mb-3 grid grid-cols-[5rem_1fr] gap-y-0.5">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd className="tabular-nums">{value}</dd>
          </div>
        ))}
        <dt className="text-soft">Worker</dt>
        <dd>
          <WorkerName id={attempt.worker} />
        </dd>
        {attempt.note && (
          <>
            <dt className="text-soft">Note</dt>
            <dd>{attempt.note}</dd>
          </>
        )}
      </dl>
      {attempt.error && (
        <div className="mb-3">
          <Code label={`Error of attempt ${attempt.number}`}>{attempt.error}</Code>
        </div>
      )}
      <Logs task={task.taskExternalId} attempts={1} attempt={attempt.number} isOver={isOver} />
    </section>
  );
}

/** A worker by its name, if it is still there; the link leads to what it did. */
export function WorkerName({ id }: { id: string | undefined }) {
  const workers = useWorkers();
  if (!id) return <>–</>;
  const known = workers.data?.rows?.find((worker) => worker.metadata.id === id);
  return (
    <Link to="/runs" search={{ worker: id }} title="What this worker did" className="text-accent underline">
      {known?.name ?? `…${id.slice(-6)}`}
    </Link>
  );
}
