"""`mattock workflows`: list, get, pause and resume."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from .option import TEXT, AsJson, Limit, parse_span
from .output import age, console, print_json, print_table, status
from .rest import Rest

app = typer.Typer(help="Look at workflows, pause them, let them go on.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the workflow.")]


class Held(StrEnum):
    """What becomes of what would start while a workflow is paused."""

    queue = "queue"
    drop = "drop"


@app.command("list")
def list_workflows(
    name: Annotated[str | None, typer.Option(help="Only those with this text in their names.")] = None,
    limit: Limit = 100,
    as_json: AsJson = TEXT,
) -> None:
    """List workflows, with how many of their tasks wait and run."""
    rest = Rest()
    rows = rest.rows(f"{rest.tenant}/workflows", name=name, limit=limit)
    if as_json:
        print_json(rows)
        return
    counts = rest.get(f"{rest.tenant}/queue-metrics")["workflow"]
    table = []
    for row in rows:
        own = counts.get(row["metadata"]["id"], {})
        state = status("PAUSED" if row.get("isPaused") else "ACTIVE")
        numbers = (own.get("numQueued", 0), own.get("numRunning", 0))
        table.append((row["name"], state, *numbers, age(row["metadata"]["updatedAt"])))
    empty = "No workflows. A worker declares its own when it starts."
    print_table(("WORKFLOW", "STATE", "QUEUED", "RUNNING", "DECLARED"), table, empty)


@app.command("get")
def get_workflow(name: Name, as_json: AsJson = TEXT) -> None:
    """Show a workflow: its tasks, what comes before each, its versions."""
    rest = Rest()
    found = rest.get(f"/api/v1/workflows/{rest.workflow_id(name)}")
    if as_json:
        print_json(found)
        return
    console.print(f"[bold]{found['name']}[/]  {found['metadata']['id']}  ", _state(found), sep="")
    if found.get("description"):
        console.print(found["description"], markup=False)
    console.print(
        f"{len(found.get('versions') or ())} versions, the newest {age(found['metadata']['updatedAt'])} old\n"
    )
    steps = [step for job in found.get("jobs") or () for step in job["steps"]]
    names = {step["metadata"]["id"]: step["readableId"] for step in steps}
    table = [
        (
            step["readableId"],
            step["action"],
            step.get("timeout") or "–",
            ", ".join(names.get(each, each) for each in step.get("parents") or ()) or "–",
            "durable" if step.get("isDurable") else "",
        )
        for step in steps
    ]
    print_table(("TASK", "ACTION", "TIMEOUT", "AFTER", ""), table, "It has no tasks.")


def _state(row: dict[str, Any]) -> Any:
    return status("PAUSED" if row.get("isPaused") else "ACTIVE")


@app.command("pause")
def pause_workflow(
    name: Name,
    crons: Annotated[Held, typer.Option(help="Runs of crons meanwhile: held, or dropped.")] = Held.queue,
    schedules: Annotated[Held, typer.Option(help="Runs of schedules meanwhile.")] = Held.queue,
    patience: Annotated[
        str | None, typer.Option(help="Cancel runs that were held for so long, for example 24h.", show_default="24h")
    ] = None,
    as_json: AsJson = TEXT,
) -> None:
    """Pause a workflow: what runs goes on, nothing new starts."""
    pause: dict[str, Any] = {
        "action": "pause",
        "pausedWorkflowCronRunQueueBehavior": crons.value.upper(),
        "pausedWorkflowScheduledRunQueueBehavior": schedules.value.upper(),
    }
    if patience is not None:
        pause["pausedWorkflowQueueTTL"] = f"{parse_span('--patience', patience).total_seconds():.0f}s"
    _change(name, pause, f"Paused {name}.", bool(as_json))


@app.command("resume")
def resume_workflow(name: Name, as_json: AsJson = TEXT) -> None:
    """Let a paused workflow go on; what was held starts."""
    _change(name, {"action": "unpause"}, f"{name} goes on.", bool(as_json))


def _change(name: str, pause: dict[str, Any], text: str, as_json: bool) -> None:
    rest = Rest()
    changed = rest.patch(f"/api/v1/workflows/{rest.workflow_id(name)}", {"pause": pause})
    if as_json:
        print_json(changed)
    else:
        print(text)
