/** What the list is narrowed to: each filter a chip that can be changed or taken away. */
import { FileCode, Plus, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useWorkflows } from "../api/lists";
import { listOf, type RunFilters } from "../filters";
import { SearchField } from "../pieces/view";
import { useKeys } from "../shell/keys";
import { TimeRange } from "../time/range";
import { Button, Chooser, Field, input, Menu, MenuCheck, Popover, Status } from "../ui";
import { HOURS } from "./find";

export const STATUSES = ["QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"] as const;
const joined = (list: string[]) => list.join(",") || undefined;
const toggled = (list: string[], each: string) => (list.includes(each) ? list.filter((other) => other !== each) : [...list, each]);
type BarProps = { filters: RunFilters; set: (change: Partial<RunFilters>) => void };

export function FilterBar({ filters, set }: BarProps) {
  const workflows = useWorkflows();
  const statuses = listOf(filters.status);
  const chosen = listOf(filters.workflow);
  const pairs = listOf(filters.metadata);
  const names = new Map(workflows.map((workflow) => [workflow.metadata.id, workflow.name]));
  const workflowText = chosen.length === 1 ? (names.get(chosen[0] ?? "") ?? "1 workflow") : chosen.length ? `${chosen.length} workflows` : "Workflow";
  return (
    <search aria-label="Filters" className="mb-3 flex flex-wrap items-center gap-2">
      <SearchField name="search" label="Search" placeholder="id, name, error or metadata" className="w-60 max-w-full" />
      <Menu trigger={<Button className={statuses.length ? "border-accent" : ""}>{statuses.length ? statuses.map((status) => <Status key={status} value={status} />) : "Status"}</Button>}>
        {STATUSES.map((status) => (
          <MenuCheck key={status} checked={statuses.includes(status)} onChange={() => set({ status: joined(toggled(statuses, status)) })}>
            <Status value={status} />
          </MenuCheck>
        ))}
      </Menu>
      <Chooser
        label="Workflows"
        closes={false}
        chosen={chosen}
        options={workflows.map((workflow) => [workflow.metadata.id, workflow.name] as const)}
        onChoose={(id) => set({ workflow: joined(toggled(chosen, id)) })}
        trigger={
          <Button className={chosen.length ? "border-accent" : ""}>
            <FileCode aria-hidden="true" size={15} className="text-soft" />
            {workflowText}
          </Button>
        }
      />
      <Menu trigger={<Button className={filters.trigger ? "border-accent" : ""}>{TRIGGERS.find(([each]) => each === filters.trigger)?.[1] ?? "Started by"}</Button>}>
        {TRIGGERS.map(([each, title]) => (
          <MenuCheck key={each} checked={filters.trigger === each} onChange={(on) => set({ trigger: on ? each : undefined })}>
            {title}
          </MenuCheck>
        ))}
      </Menu>
      {pairs.map((pair) => (
        <Chip key={pair} name={pair.replace(":", " = ")} onDrop={() => set({ metadata: pairs.filter((each) => each !== pair) })} />
      ))}
      {pairs.length > 1 && (
        <Button tone="quiet" onClick={() => set({ all: filters.all ? undefined : true })} title="Whether one pair of metadata is enough, or all are needed">
          {filters.all ? "all of them" : "any of them"}
        </Button>
      )}
      {MORE.map(([key, name]) => filters[key] && <Chip key={key} name={`${name}: ${short(filters[key])}`} onDrop={() => set({ [key]: undefined })} />)}
      <AddFilter filters={filters} set={set} />
      <span className="ml-auto">
        <TimeRange time={filters} hours={HOURS} onChange={set} />
      </span>
    </search>
  );
}

const TRIGGERS = [
  ["EVENT", "By an event"],
  ["CRON", "By a cron"],
  ["SCHEDULE", "By a schedule"],
  ["RUN", "By another run"],
  ["API", "By a program or a person"],
] as const;
const MORE = [
  ["parent", "started by the task", "A task's id"],
  ["event", "event", "An event's id"],
  ["cron", "cron", "A cron's name"],
  ["worker", "worker", "A worker's id"],
] as const;
const short = (text: string) => (/^[0-9a-f-]{36}$/i.test(text) ? `…${text.slice(-6)}` : text);

function Chip({ name, onDrop }: { name: ReactNode; onDrop: () => void }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1 rounded-md border border-accent bg-accent-soft py-0.5 pr-0.5 pl-2.5">
      <span className="truncate">{name}</span>
      <button type="button" aria-label={`Take away: ${String(name)}`} onClick={onDrop} className="rounded p-1 text-soft hover:bg-hover hover:text-text">
        <X aria-hidden="true" size={13} />
      </button>
    </span>
  );
}

const KINDS = [["metadata", "Metadata", ""] as const, ...MORE];

function AddFilter({ filters, set }: BarProps) {
  const [open, setOpen] = useState(false);
  const [kind, setKind] = useState<(typeof KINDS)[number][0]>("metadata");
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  useKeys({ f: () => setOpen(true) });
  const add = () => {
    if (kind === "metadata") set({ metadata: [...new Set([...listOf(filters.metadata), `${name.trim()}:${value.trim()}`])] });
    else set({ [kind]: value.trim() });
    setOpen(false);
    setName("");
    setValue("");
  };
  const isReady = kind === "metadata" ? name.trim() !== "" && value.trim() !== "" : value.trim() !== "";
  return (
    <Popover
      label="Add a filter"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button tone="quiet">
          <Plus aria-hidden="true" size={15} />
          Filter
        </Button>
      }
    >
      <form
        className="grid w-64 max-w-full gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) add();
        }}
      >
        <Field label="By">
          <select className={`${input} w-full`} value={kind} onChange={(event) => setKind(event.target.value as typeof kind)}>
            {KINDS.map(([each, title]) => (
              <option key={each} value={each}>
                {title}
              </option>
            ))}
          </select>
        </Field>
        {kind === "metadata" && (
          <Field label="Key">
            <input className={`${input} w-full`} value={name} onChange={(event) => setName(event.target.value)} placeholder="customer" />
          </Field>
        )}
        <Field label={kind === "metadata" ? "Value" : (MORE.find(([each]) => each === kind)?.[2] ?? "Value")}>
          <input className={`${input} w-full`} value={value} onChange={(event) => setValue(event.target.value)} placeholder={kind === "metadata" ? "acme" : ""} />
        </Field>
        <Button type="submit" tone="strong" disabled={!isReady}>
          Add
        </Button>
      </form>
    </Popover>
  );
}
