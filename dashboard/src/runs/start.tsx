/** Starting a run: of which workflow, with which input. */
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, History } from "lucide-react";
import { useState } from "react";
import { api, read, tenant, useChange } from "../api/client";
import { useWorkflows } from "../api/lists";
import { pretty } from "../format";
import { Button, Chooser, Dialog, Empty, JsonArea, Problem, Select, toast } from "../ui";

const path = () => ({ tenant: tenant() });
type Values = Record<string, unknown>;
export type Given = { workflow: string; input?: Values; metadata?: Values };

type StartProps = { title?: string; given: Given; onClose: () => void; isFixed?: boolean };
export function Start({ title = "Start a run", given, onClose, isFixed = false }: StartProps) {
  return (
    <Dialog title={title} open onClose={onClose}>
      <Form given={given} onClose={onClose} isFixed={isFixed} />
    </Dialog>
  );
}

function useJson(first: Values | undefined) {
  const [text, setText] = useState(() => pretty(first ?? {}));
  const [parsed, setParsed] = useState<Values | null>(first ?? {});
  const set = (next: string, value: Values | null) => {
    setText(next);
    setParsed(value);
  };
  return { text, parsed, set };
}

/** A run's input as it was given: it is stored with what started it. */
export const ownInput = (stored: Values): Values => (stored.input && typeof stored.input === "object" ? (stored.input as Values) : stored);

function Form({ given, onClose, isFixed }: { given: Given; onClose: () => void; isFixed: boolean }) {
  const workflows = useWorkflows();
  const [workflow, setWorkflow] = useState(given.workflow);
  const [priority, setPriority] = useState<"0" | "1" | "2" | "3">("0");
  const input = useJson(given.input);
  const metadata = useJson(given.metadata);
  const navigate = useNavigate();
  const start = useChange(async () => {
    const body = { workflowName: workflow, input: input.parsed ?? {}, additionalMetadata: metadata.parsed ?? {}, priority: Number(priority) || undefined };
    const made = await read(api.POST("/api/v1/stable/tenants/{tenant}/workflow-runs/trigger", { params: { path: path() }, body }));
    onClose();
    toast(`${workflow} is started`);
    await navigate({ to: "/runs/$run", params: { run: made.run.metadata.id } });
  });
  const latest = useChange(async () => {
    const id = workflows.find((each) => each.name === workflow)?.metadata.id;
    const query = { since: new Date(0).toISOString(), only_tasks: false, limit: 1, workflow_ids: id ? [id] : undefined };
    const found = await read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: path(), query } }));
    const values = ownInput((found.rows[0]?.input ?? {}) as Values);
    input.set(pretty(values), values);
  });
  if (workflows.length === 0 && !isFixed) return <Empty title="There is no workflow yet" command="mattock worker tasks.py">A worker brings its workflows along.</Empty>;
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate(undefined);
      }}
    >
      <div className="flex flex-wrap items-center gap-2">
        {!isFixed && (
          <Chooser
            label="Workflow"
            chosen={[workflow]}
            options={workflows.map((each) => [each.name, each.name] as const)}
            onChoose={setWorkflow}
            trigger={
              <Button>
                {workflow || "Choose a workflow"}
                <ChevronsUpDown aria-hidden="true" size={14} className="text-soft" />
              </Button>
            }
          />
        )}
        <Select label="Priority" value={priority} onChange={setPriority} options={[["0", "Usual priority"], ["1", "1 (low)"], ["2", "2 (medium)"], ["3", "3 (high)"]]} />
        {workflow && !isFixed && (
          <Button tone="quiet" disabled={latest.isPending} onClick={() => latest.mutate(undefined)}>
            <History aria-hidden="true" size={14} />
            Take the latest run's input
          </Button>
        )}
      </div>
      <JsonArea label="Input" value={input.text} onChange={input.set} />
      <details>
        <summary className="cursor-pointer text-soft">Metadata</summary>
        <div className="mt-2">
          <JsonArea label="Metadata of the run" value={metadata.text} onChange={metadata.set} />
        </div>
      </details>
      <Problem error={start.error ?? latest.error} />
      <Button type="submit" tone="strong" className="justify-self-end" disabled={!workflow || input.parsed === null || metadata.parsed === null || start.isPending}>
        Run
      </Button>
    </form>
  );
}
