/** One question to a person, and the answer. */
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, type Schema, useChange, useLive, useMe } from "../api/client";
import { ago, clock, pretty } from "../format";
import { AreaRow, JsonRow, parsed, problemOf, Refusal, TextRow } from "../pieces/form";
import { CopyButton, Facts, linked, Nothing } from "../pieces/view";
import { Button, Code, Loaded, Page, Panel, Status } from "../ui";
import { Outcome } from "./approvals";

type Approval = Schema["Approval"];

export function ApprovalPage() {
  const { task, key } = useParams({ strict: false }) as { task: string; key: string };
  const found = useLive(["approval", task, key], () => read(api.GET("/api/v1/stable/tasks/{task}/approvals/{key}", { params: { path: { task, key } } })));
  const run = useLive(["task", task], () => read(api.GET("/api/v1/stable/tasks/{task}", { params: { path: { task } } })));
  const it = found.data;
  if (found.error && !it) {
    return (
      <Page title="Approval">
        <Nothing title="There is no such question" action={<Link to="/approvals" className={linked}>All approvals</Link>}>
          {found.error.message}
        </Nothing>
      </Page>
    );
  }
  const input = (run.data?.input as { input?: unknown } | undefined)?.input ?? run.data?.input;
  return (
    <Page
      title={it?.title ?? "Approval"}
      actions={
        <Link to="/approvals" className={linked}>
          All approvals
        </Link>
      }
    >
      <Loaded of={found}>
        {(known) => (
          <div className="grid grid-cols-1 items-start gap-x-4 md:grid-cols-2">
            <Panel title={known.decidedAt ? "The answer" : "Your answer"}>{known.decidedAt ? <Answer of={known} /> : <Decide of={known} />}</Panel>
            <Panel title="Who asks">
              <Facts
                of={[
                  ["Workflow", known.workflowName],
                  ["Run", <Link key="run" to="/runs/$run" params={{ run: run.data?.workflowRunExternalId ?? task }} className={linked}>{run.data?.displayName ?? task}</Link>],
                  ["Status", run.data ? <Status key="status" value={run.data.isEvicted ? "QUEUED" : run.data.status} /> : "…"],
                  ["Asked", `${clock(known.askedAt)}, ${ago(known.askedAt)}`],
                  ["Key", <code key="key">{known.key}</code>],
                  ...(known.url ? [["Link for others", <span key="url" className="flex flex-wrap items-center gap-2 text-soft">whoever has it may decide, without a log-in <CopyButton text={window.location.origin + known.url} label="Copy the link for others" /></span>] as const] : []),
                ]}
              />
              {input !== undefined && (
                <div className="mt-3">
                  <h3 className="mb-1 text-soft">Its input</h3>
                  <Code label="Input">{pretty(input)}</Code>
                </div>
              )}
            </Panel>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Answer({ of }: { of: Approval }) {
  const facts: (readonly [string, React.ReactNode])[] = [
    ["Decision", <Outcome key="outcome" of={of} />],
    ["When", of.decidedAt ? `${clock(of.decidedAt)}, ${ago(of.decidedAt)}` : "–"],
  ];
  if (of.by) facts.push(["By", of.by]);
  if (of.comment) facts.push(["Comment", of.comment]);
  return (
    <>
      <Facts of={facts} />
      {of.value !== null && of.value !== undefined && (
        <div className="mt-3">
          <Code label="Value">{pretty(of.value)}</Code>
        </div>
      )}
    </>
  );
}

function Decide({ of }: { of: Approval }) {
  const me = useMe().data;
  const [by, setBy] = useState(() => localStorage.getItem("name") ?? (me?.name || me?.email || ""));
  const [comment, setComment] = useState("");
  const [value, setValue] = useState("");
  const decide = useChange((approved: boolean) => {
    localStorage.setItem("name", by);
    const body = { approved, by, comment, value: parsed(value, "any").value ?? null };
    return read(api.POST("/api/v1/stable/tasks/{task}/approvals/{key}", { params: { path: { task: of.taskExternalId, key: of.key } }, body }));
  });
  const ready = by !== "" && !parsed(value, "any").problem && !decide.isPending;
  return (
    <div className="grid gap-3">
      <TextRow label="Your name" autoComplete="name" value={by} onChange={setBy} problem={problemOf(decide.error, "by")} />
      <AreaRow label="Comment (optional)" rows={2} value={comment} onChange={setComment} />
      <details>
        <summary className="cursor-pointer text-soft">Answer with a value</summary>
        <div className="mt-2">
          <JsonRow label="Value" kind="any" rows={2} value={value} onChange={setValue} hint='Any JSON, such as 40 or {"refund": 40}; the task finds it beside yes or no.' />
        </div>
      </details>
      <Refusal of={[problemOf(decide.error, "by") ? null : decide.error]} />
      <div className="flex gap-2">
        <Button tone="strong" disabled={!ready} onClick={() => decide.mutate(true)}>
          Approve
        </Button>
        <Button tone="danger" disabled={!ready} onClick={() => decide.mutate(false)}>
          Reject
        </Button>
      </div>
      {decide.isSuccess && <p role="status">It is sent.</p>}
    </div>
  );
}
