/** What a durable task has recorded, step by step; from each of them it can be forked. */
import { GitFork } from "lucide-react";
import { useState } from "react";
import { Link } from "@tanstack/react-router";
import { api, read, type Schema, tenant, useChange, useLive } from "../api/client";
import { pretty } from "../format";
import { Ago, Button, Dialog, Field, input, JsonArea, Loaded, Problem, Status, Table, toast } from "../ui";

type Step = Schema["RecordedStep"];
const path = () => ({ tenant: tenant() });
const branchesOf = (rows: Step[]) => [...new Set(rows.map((row) => row.branchId))].sort((a, b) => a - b);

export function History({ task, given }: { task: string; given: Record<string, unknown> }) {
  const [isAll, setAll] = useState(false);
  const [from, setFrom] = useState<Step | null>(null);
  const steps = useLive(["history", task], () => read(api.GET("/api/v1/stable/tenants/{tenant}/durable-tasks/{task}", { params: { path: { ...path(), task } } })));
  return (
    <>
      <Loaded of={steps} empty="Nothing is recorded yet.">
        {(rows) => (
          <>
            {branchesOf(rows).length > 1 && (
              <label className="mb-2 flex items-center gap-2">
                <input type="checkbox" className="accent-(--accent)" checked={isAll} onChange={() => setAll(!isAll)} />
                Also the branches that were left ({branchesOf(rows).length} in all)
              </label>
            )}
            <Table
              label="Recorded steps"
              rows={rows.filter((row) => isAll || row.isCurrent)}
              id={(row) => `${row.branchId}/${row.nodeId}`}
              columns={[
                { head: "Step", cell: (row) => `${row.nodeId}${isAll ? ` (branch ${row.branchId})` : ""}` },
                { head: "What", wide: true, cell: (row) => <What step={row} /> },
                { head: "Recorded", cell: (row) => <Ago at={row.insertedAt} /> },
                { head: "Settled", cell: (row) => (row.isSatisfied ? <Ago at={row.satisfiedAt} /> : <Status value="QUEUED" />) },
                { head: "Result", wide: true, cell: (row) => <span className={`font-mono text-xs ${row.isFailure ? "text-bad" : ""}`}>{row.payload ? pretty(row.payload).slice(0, 160) : ""}</span> },
                {
                  head: "Actions",
                  cell: (row) => (
                    <Button onClick={() => setFrom(row)} aria-label={`Fork from step ${row.nodeId}`}>
                      <GitFork aria-hidden="true" size={13} />
                      Fork
                    </Button>
                  ),
                },
              ]}
            />
          </>
        )}
      </Loaded>
      <Dialog title={`Fork from step ${from?.nodeId ?? ""}`} open={from !== null} onClose={() => setFrom(null)}>
        {from && <Fork step={from} task={task} given={given} onDone={() => setFrom(null)} />}
      </Dialog>
    </>
  );
}

function What({ step }: { step: Step }) {
  const text = step.description || step.kind;
  if (!step.childRunExternalId) return <>{text}</>;
  return (
    <Link to="/runs/$run" params={{ run: step.childRunExternalId }} className="text-accent hover:underline">
      {text}
    </Link>
  );
}

type Change = "nothing" | "input" | "result";
function Fork({ step, task, given, onDone }: { step: Step; task: string; given: Record<string, unknown>; onDone: () => void }) {
  const [change, setChange] = useState<Change>("nothing");
  const [text, setText] = useState(() => pretty(given));
  const [changed, setChanged] = useState<Record<string, unknown> | null>(given);
  const [result, setResult] = useState(() => pretty(step.payload ?? {}));
  const parsed = parse(result);
  const fork = useChange(async () => {
    const body = {
      taskExternalId: task,
      nodeId: step.nodeId,
      branchId: step.branchId,
      input: change === "input" ? changed : undefined,
      result: change === "result" ? parsed?.value : undefined,
    };
    await read(api.POST("/api/v1/stable/tenants/{tenant}/durable-tasks/branch", { params: { path: path() }, body }));
    toast(`It goes on anew from step ${step.nodeId}`);
    onDone();
  });
  const isReady = change === "nothing" || (change === "input" ? changed !== null : parsed !== null);
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        fork.mutate(undefined);
      }}
    >
      <p className="text-soft">The steps before it stay as they are recorded; from this one on, everything is done anew.</p>
      <fieldset className="grid gap-1">
        <legend className="mb-1 text-xs font-medium text-soft">What changes</legend>
        {(
          [
            ["nothing", "Nothing"],
            ["input", "The run's input"],
            ["result", "The result of this step"],
          ] as const
        ).map(([each, name]) => (
          <label key={each} className="flex items-center gap-2">
            <input type="radio" name="change" className="accent-(--accent)" checked={change === each} onChange={() => setChange(each)} />
            {name}
          </label>
        ))}
      </fieldset>
      {change === "input" && (
        <JsonArea
          label="Input"
          value={text}
          onChange={(next, value) => {
            setText(next);
            setChanged(value);
          }}
        />
      )}
      {change === "result" && (
        <Field label="Result, as JSON">
          <textarea className={`${input} h-32 w-full font-mono text-xs`} spellCheck={false} aria-invalid={parsed === null} value={result} onChange={(event) => setResult(event.target.value)} />
          {parsed === null && (
            <span role="alert" className="text-bad">
              expected JSON
            </span>
          )}
        </Field>
      )}
      <Problem error={fork.error} />
      <Button type="submit" tone="strong" className="justify-self-end" disabled={!isReady || fork.isPending}>
        <GitFork aria-hidden="true" size={14} />
        Fork here
      </Button>
    </form>
  );
}

function parse(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}
