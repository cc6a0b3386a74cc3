"""`mattock crons`: list, make, switch, run and delete crons."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from .option import TEXT, AsJson, Input, Limit, Metadata, Priority, pair, parse_time, read_object, time_or_none
from .output import from_now, print_json, print_table
from .rest import Rest

app = typer.Typer(help="Runs that start again and again.", no_args_is_help=True)
CronId = Annotated[str, typer.Argument(help="Id of the cron.", metavar="CRON")]


class Missed(StrEnum):
    """What becomes of ticks while no server ran."""

    skip = "skip"
    one = "one"
    all = "all"


class Overlap(StrEnum):
    """What becomes of a tick while the run before has not ended."""

    allow = "allow"
    skip = "skip"
    queue = "queue"
    cancel = "cancel"


@app.command("list")
def list_crons(
    workflow: Annotated[str | None, typer.Option("--workflow", "-w", help="Only of this workflow.")] = None,
    limit: Limit = 100,
    as_json: AsJson = TEXT,
) -> None:
    """List crons, the newest first."""
    rest = Rest()
    rows = rest.rows(f"{rest.tenant}/workflows/crons", workflowName=workflow, limit=limit)
    if as_json:
        print_json(rows)
        return
    table = [
        (
            row["metadata"]["id"],
            row.get("name") or "–",
            row["workflowName"],
            f"{row['cron']} {row['timezone']}".strip(),
            from_now(row["nextAt"]) if row["enabled"] else "off",
            (row.get("problem") or "")[:60],
        )
        for row in rows
    ]
    print_table(("CRON", "NAME", "WORKFLOW", "EXPRESSION", "NEXT", "PROBLEM"), table, "No crons.")


@app.command("get")
def get_cron(cron_id: CronId, as_json: AsJson = TEXT) -> None:
    """Show a cron (as JSON)."""
    rest = Rest()
    print_json(rest.get(f"{rest.tenant}/workflows/crons/{cron_id}"))


@app.command("create")
def create_cron(
    workflow: Annotated[str, typer.Argument(help="Name of the workflow.")],
    expression: Annotated[str, typer.Argument(help="When: '*/5 * * * *' or '@daily'; seconds may come first.")],
    name: Annotated[str, typer.Option(help="Name of the cron; by default the workflow's.")] = "",
    input_text: Input = "{}",
    metadata: Metadata = None,
    priority: Priority = None,
    timezone: Annotated[str, typer.Option(help="Of the expression, for example Europe/Berlin.")] = "UTC",
    missed: Annotated[Missed, typer.Option(help="Ticks while no server ran: none, the last, all fire late.")] = (
        Missed.skip
    ),
    overlap: Annotated[Overlap, typer.Option(help="A tick while the run before has not ended.")] = Overlap.allow,
    as_json: AsJson = TEXT,
) -> None:
    """Make a cron; prints its id."""
    body: dict[str, Any] = {
        "cronName": name or workflow,
        "cronExpression": expression,
        "input": read_object("--input", input_text),
        "additionalMetadata": dict(pair(item) for item in metadata or []),
        "priority": priority,
        "timezone": timezone,
        "missed": missed.value,
        "overlap": overlap.value,
    }
    rest = Rest()
    made = rest.post(f"{rest.tenant}/workflows/{_quoted(workflow)}/crons", body)
    print_json(made) if as_json else print(made["metadata"]["id"])


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


@app.command("enable")
def enable_cron(cron_id: CronId, as_json: AsJson = TEXT) -> None:
    """Let a cron go on."""
    _switch(cron_id, True, bool(as_json))


@app.command("disable")
def disable_cron(cron_id: CronId, as_json: AsJson = TEXT) -> None:
    """Stop a cron until it is enabled."""
    _switch(cron_id, False, bool(as_json))


def _switch(cron_id: str, enabled: bool, as_json: bool) -> None:
    rest = Rest()
    path = f"{rest.tenant}/workflows/crons/{cron_id}"
    rest.patch(path, {"enabled": enabled})
    if as_json:
        print_json(rest.get(path))
    else:
        print("It goes on." if enabled else "It is off.")


@app.command("run")
def run_cron(cron_id: CronId, as_json: AsJson = TEXT) -> None:
    """Start a run of a cron now; prints its id."""
    rest = Rest()
    run_id = rest.post(f"{rest.tenant}/workflows/crons/{cron_id}", {})["externalId"]
    print_json({"run_id": run_id}) if as_json else print(run_id)


@app.command("backfill")
def backfill_cron(
    cron_id: CronId,
    since: Annotated[str, typer.Option(help="From when: 24h, 7d ago or a time.")],
    until: Annotated[str | None, typer.Option(help="To when.", show_default="now")] = None,
    as_json: AsJson = TEXT,
) -> None:
    """Start the runs of all ticks of a past range that have none; prints their ids."""
    rest = Rest()
    body = {"since": parse_time("--since", since), "until": time_or_none("--until", until)}
    ids = rest.post(f"{rest.tenant}/workflows/crons/{cron_id}/backfill", body)["ids"]
    print_json(ids) if as_json else print("\n".join(ids) or "There is nothing to make up for.")


@app.command("delete")
def delete_cron(cron_id: CronId, as_json: AsJson = TEXT) -> None:
    """Delete a cron."""
    rest = Rest()
    rest.delete(f"{rest.tenant}/workflows/crons/{cron_id}")
    print_json({"deleted": cron_id}) if as_json else print("Deleted.")
