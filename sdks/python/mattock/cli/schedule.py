"""`mattock schedules`: runs that start once, at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from .error import CommandError
from .option import TEXT, AsJson, Input, Limit, Metadata, Priority, pair, parse_span, parse_time, read_object
from .output import from_now, print_json, print_table, status
from .rest import Rest

app = typer.Typer(help="Runs that start once, at a time.", no_args_is_help=True)
ScheduleId = Annotated[str, typer.Argument(help="Id of the schedule.", metavar="SCHEDULE")]
At = Annotated[str | None, typer.Option(help="When: 2026-01-31T12:00:00Z.")]
In = Annotated[str | None, typer.Option("--in", help="Or after: 90s, 15m, 24h, 7d.")]


def _when(at: str | None, after: str | None) -> str:
    if (at is None) == (after is None):
        raise CommandError("say when: either --at or --in")
    if after is not None:
        return (datetime.now(UTC) + parse_span("--in", after)).isoformat()
    return parse_time("--at", at or "")


@app.command("list")
def list_schedules(
    workflow: Annotated[str | None, typer.Option("--workflow", "-w", help="Only of this workflow.")] = None,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Those that have fired, too.")] = False,
    limit: Limit = 100,
    as_json: AsJson = TEXT,
) -> None:
    """List schedules, the next first."""
    rest = Rest()
    rows = rest.rows(
        f"{rest.tenant}/workflows/scheduled",
        workflowId=rest.workflow_id(workflow) if workflow else None,
        statuses=None if everything else ["SCHEDULED"],
        orderByDirection="ASC",
        limit=limit,
    )
    if as_json:
        print_json(rows)
        return
    table = [
        (
            row["metadata"]["id"],
            row["workflowName"],
            row["triggerAt"][:19].replace("T", " "),
            "–" if row.get("workflowRunId") else from_now(row["triggerAt"]),
            status(row.get("workflowRunStatus") or "SCHEDULED"),
            row.get("workflowRunId") or (row.get("problem") or "")[:60],
        )
        for row in rows
    ]
    print_table(("SCHEDULE", "WORKFLOW", "AT (UTC)", "IN", "STATUS", "RUN"), table, "No schedules.")


@app.command("get")
def get_schedule(schedule_id: ScheduleId, as_json: AsJson = TEXT) -> None:
    """Show a schedule (as JSON)."""
    rest = Rest()
    print_json(rest.get(f"{rest.tenant}/workflows/scheduled/{schedule_id}"))


@app.command("create")
def create_schedule(
    workflow: Annotated[str, typer.Argument(help="Name of the workflow.")],
    at: At = None,
    after: In = None,
    input_text: Input = "{}",
    metadata: Metadata = None,
    priority: Priority = None,
    as_json: AsJson = TEXT,
) -> None:
    """Schedule a run; prints the schedule's id."""
    body: dict[str, Any] = {
        "triggerAt": _when(at, after),
        "input": read_object("--input", input_text),
        "additionalMetadata": dict(pair(item) for item in metadata or []),
        "priority": priority,
    }
    rest = Rest()
    made = rest.post(f"{rest.tenant}/workflows/{quote(workflow, safe='')}/scheduled", body)
    print_json(made) if as_json else print(made["metadata"]["id"])


@app.command("move")
def move_schedule(schedule_id: ScheduleId, at: At = None, after: In = None, as_json: AsJson = TEXT) -> None:
    """Give a schedule another time."""
    rest = Rest()
    path = f"{rest.tenant}/workflows/scheduled/{schedule_id}"
    moved = rest.patch(path, {"triggerAt": _when(at, after)})
    print_json(moved) if as_json else print(f"It starts at {moved['triggerAt']}.")


@app.command("run")
def run_schedule(schedule_id: ScheduleId, as_json: AsJson = TEXT) -> None:
    """Start a scheduled run now."""
    rest = Rest()
    found = rest.post(f"{rest.tenant}/workflows/scheduled/{schedule_id}", {})
    print_json(found) if as_json else print(found["externalId"])


@app.command("delete")
def delete_schedule(schedule_id: ScheduleId, as_json: AsJson = TEXT) -> None:
    """Delete a schedule that has not fired."""
    rest = Rest()
    rest.delete(f"{rest.tenant}/workflows/scheduled/{schedule_id}")
    print_json({"deleted": schedule_id}) if as_json else print("Deleted.")
