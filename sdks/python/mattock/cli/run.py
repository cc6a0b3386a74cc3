"""`mattock runs`: list, get, cancel, replay and pause runs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from .error import CommandError
from .option import TEXT, AsJson, Format, Metadata, pairs, parse_time, time_or_none
from .output import age, console, duration, print_json, print_table, status
from .progress import progress_text
from .rest import Rest

app = typer.Typer(help="Look at runs, cancel and pause them, run them again.", no_args_is_help=True)


class Status(StrEnum):
    """What a run can be."""

    queued = "queued"
    running = "running"
    completed = "completed"
    failed = "failed"
    cancelled = "cancelled"


WorkflowName = Annotated[str | None, typer.Option("--workflow", "-w", help="Only runs of this workflow.")]
Statuses = Annotated[
    list[Status] | None, typer.Option("--status", "-s", help="Only runs with this status (repeatable).")
]
Since = Annotated[str, typer.Option(help="Only runs created since: 15m, 24h, 7d or a time.")]
Until = Annotated[str | None, typer.Option(help="Only runs created before.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of runs or tasks.", show_default=False)]


def _filters(
    rest: Rest,
    workflow: str | None,
    statuses: list[Status] | None,
    since: str,
    until: str | None,
    metadata: list[str] | None,
) -> dict[str, Any]:
    """The filter as the body of cancel and replay wants it."""
    found: dict[str, Any] = {"since": parse_time("--since", since), "until": time_or_none("--until", until)}
    found["statuses"] = [item.value.upper() for item in statuses or []] or None
    found["workflowIds"] = [rest.workflow_id(workflow)] if workflow else None
    found["additionalMetadata"] = pairs(metadata)
    return {name: value for name, value in found.items() if value is not None}


@app.command("list")
def list_runs(
    workflow: WorkflowName = None,
    statuses: Statuses = None,
    since: Since = "24h",
    until: Until = None,
    metadata: Metadata = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most this many, newest first.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Leave out that many of the newest.")] = 0,
    as_json: AsJson = TEXT,
) -> None:
    """List runs, newest first."""
    rest = Rest()
    chosen = _filters(rest, workflow, statuses, since, until, metadata)
    found = rest.get(
        f"{rest.stable}/workflow-runs",
        since=chosen["since"],
        until=chosen.get("until"),
        statuses=chosen.get("statuses"),
        workflow_ids=chosen.get("workflowIds"),
        additional_metadata=chosen.get("additionalMetadata"),
        only_tasks="false",
        include_payloads="true" if as_json else "false",
        limit=limit,
        offset=offset,
    )
    rows = found.get("rows") or []
    if as_json:
        print_json(rows)
        return
    table = [
        (
            row["metadata"]["id"],
            row.get("workflowName") or row["displayName"],
            status(row["status"]),
            age(row["createdAt"]),
            duration(_seconds(row)),
            progress_text(row),
            (row.get("errorMessage") or "").strip().split("\n")[0][:60],
        )
        for row in rows
    ]
    columns = ("RUN", "WORKFLOW", "STATUS", "AGE", "TOOK", "PROGRESS", "ERROR")
    print_table(columns, table, f"No runs match (created since {since}).")


def _seconds(row: dict[str, Any]) -> float | None:
    took = row.get("duration")
    return None if took is None else took / 1000


@app.command("get")
def get_run(run_id: Annotated[str, typer.Argument(help="Id of the run.")], as_json: AsJson = TEXT) -> None:
    """Show a run with its tasks, input, output and errors."""
    found = Rest().get(f"/api/v1/stable/workflow-runs/{run_id}")
    if as_json:
        print_json(found)
        return
    run = found["run"]
    console.print(f"[bold]{run['displayName']}[/]  {run['metadata']['id']}  ", status(run["status"]), sep="")
    console.print(
        f"created {age(run.get('createdAt') or run['metadata']['createdAt'])} ago, took {duration(_seconds(run))}"
    )
    for name in ("input", "output", "additionalMetadata"):
        if run.get(name):
            console.print(f"[bold]{name}[/]")
            console.print_json(data=run[name])
    rows = [
        (
            task["taskExternalId"],
            task["displayName"],
            status(task["status"]),
            task.get("attempt") or 1,
            duration(_seconds(task)),
            progress_text(task),
        )
        for task in found["tasks"]
    ]
    console.print()
    print_table(("TASK", "NAME", "STATUS", "ATTEMPT", "TOOK", "PROGRESS"), rows, "No tasks yet.")
    for task in found["tasks"]:
        if task.get("errorMessage"):
            console.print(f"\n[bold red]{task['displayName']}[/]")
            console.print(task["errorMessage"].strip(), markup=False, soft_wrap=True)


def _change(
    verb: str,
    ids: list[str] | None,
    workflow: str | None,
    statuses: list[Status] | None,
    since: str,
    until: str | None,
    metadata: list[str] | None,
    as_json: Format,
) -> None:
    rest = Rest()
    if ids:
        body: dict[str, Any] = {"externalIds": ids}
    elif workflow or statuses or metadata:
        body = {"filter": _filters(rest, workflow, statuses, since, until, metadata)}
    else:
        raise CommandError(f"name the runs to {verb}: ids, or a filter (--workflow, --status, --metadata)")
    changed = rest.post(f"{rest.stable}/tasks/{verb}", body).get("ids") or []
    if as_json:
        print_json(changed)
        return
    for changed_id in changed:
        console.print(changed_id)
    told = {"cancel": "Cancelled", "replay": "Running again:", "pause": "Paused:", "resume": "Going on:"}
    console.print(told[verb], len(changed), style="dim")


@app.command("cancel")
def cancel_runs(
    ids: Ids = None,
    workflow: WorkflowName = None,
    statuses: Statuses = None,
    since: Since = "24h",
    until: Until = None,
    metadata: Metadata = None,
    as_json: AsJson = TEXT,
) -> None:
    """Cancel runs or tasks, by id or by filter."""
    _change("cancel", ids, workflow, statuses, since, until, metadata, as_json)


@app.command("replay")
def replay_runs(
    ids: Ids = None,
    workflow: WorkflowName = None,
    statuses: Statuses = None,
    since: Since = "24h",
    until: Until = None,
    metadata: Metadata = None,
    as_json: AsJson = TEXT,
) -> None:
    """Run finished runs again (a task's id: that task, and what is downstream of it)."""
    _change("replay", ids, workflow, statuses, since, until, metadata, as_json)


@app.command("pause")
def pause_runs(
    ids: Ids = None,
    workflow: WorkflowName = None,
    statuses: Statuses = None,
    since: Since = "24h",
    until: Until = None,
    metadata: Metadata = None,
    as_json: AsJson = TEXT,
) -> None:
    """Pause unfinished runs, by id or by filter: what runs of them goes on, what is queued waits."""
    _change("pause", ids, workflow, statuses, since, until, metadata, as_json)


@app.command("resume")
def resume_runs(
    ids: Ids = None,
    workflow: WorkflowName = None,
    statuses: Statuses = None,
    since: Since = "24h",
    until: Until = None,
    metadata: Metadata = None,
    as_json: AsJson = TEXT,
) -> None:
    """Let paused runs go on, by id or by filter."""
    _change("resume", ids, workflow, statuses, since, until, metadata, as_json)
