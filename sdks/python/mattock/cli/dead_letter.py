"""`mattock dead-letters`: what failed for good; run it again, or discard it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .error import CommandError
from .option import TEXT, AsJson, Format, time_or_none
from .output import age, console, print_json, print_table
from .rest import Rest

app = typer.Typer(help="Runs that failed for good or were dropped: look, replay, discard.", no_args_is_help=True)

WorkflowName = Annotated[str | None, typer.Option("--workflow", "-w", help="Only of this workflow.")]
Since = Annotated[str | None, typer.Option(help="Only what ended since: 15m, 24h, 7d or a time.")]
Until = Annotated[str | None, typer.Option(help="Only what ended before.")]
ErrorLine = Annotated[str | None, typer.Option("--error", "-e", help="Only with this first line of the error.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of runs.", show_default=False)]
All = Annotated[bool, typer.Option("--all", help="All that fit the filters, or all there are.")]


def _path(rest: Rest) -> str:
    return f"{rest.stable}/dead-letters"


@app.command("list")
def list_dead_letters(
    workflow: WorkflowName = None,
    since: Since = None,
    until: Until = None,
    error: ErrorLine = None,
    groups: Annotated[bool, typer.Option("--groups", "-g", help="Group them by workflow and error.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most this many, newest first.")] = 50,
    as_json: AsJson = TEXT,
) -> None:
    """List runs that failed for good, waited too long in their queue, or were dropped from a full one."""
    rest = Rest()
    found = _filter(rest, workflow, since, until, error)
    query: dict[str, Any] = {name: value for name, value in found.items() if name != "workflowIds"}
    query["workflow_ids"] = found.get("workflowIds")
    if groups:
        if error is not None:
            raise CommandError("--error: groups are by error; leave it out")
        rows = rest.get(f"{_path(rest)}/groups", **query)["rows"]
    else:
        rows = rest.get(_path(rest), limit=limit, **query)["rows"]
    if as_json:
        print_json(rows)
    elif groups:
        table = [(row["count"], row["workflowName"], row["reason"], age(row["lastAt"]), row["error"]) for row in rows]
        print_table(("COUNT", "WORKFLOW", "REASON", "LAST", "ERROR"), table, "No dead letters.")
    else:
        letters = [
            (row["runId"], row["workflowName"], row["reason"], age(row["finishedAt"]), row["attempts"], _line(row))
            for row in rows
        ]
        print_table(("RUN", "WORKFLOW", "REASON", "AGE", "ATTEMPTS", "ERROR"), letters, "No dead letters.")


def _line(row: dict[str, Any]) -> str:
    return str(row["error"]).split("\n")[0][:80]


def _filter(
    rest: Rest, workflow: str | None, since: str | None, until: str | None, error: str | None
) -> dict[str, Any]:
    after, before = time_or_none("--since", since), time_or_none("--until", until)
    found = {
        "since": after,
        "until": before,
        "workflowIds": [rest.workflow_id(workflow)] if workflow else None,
        "error": error,
    }
    return {name: value for name, value in found.items() if value is not None}


def _change(
    verb: str,
    ids: list[str] | None,
    everything: bool,
    workflow: str | None,
    since: str | None,
    until: str | None,
    error: str | None,
    as_json: Format,
) -> None:
    rest = Rest()
    chosen = _filter(rest, workflow, since, until, error)
    if bool(ids) == bool(everything or chosen):
        raise CommandError(f"name what to {verb}: ids, or a filter (--workflow, --error, --since, --until), or --all")
    body = {"externalIds": ids} if ids else {"filter": chosen}
    changed: list[str] = []
    more = True
    while more:
        found = rest.post(f"{_path(rest)}/{verb}", body)
        changed += found["ids"]
        more = found["more"]
    if as_json:
        print_json(changed)
        return
    for changed_id in changed:
        console.print(changed_id)
    console.print({"replay": "Running again:", "discard": "Discarded:"}[verb], len(changed), style="dim")


@app.command("replay")
def replay_dead_letters(
    ids: Ids = None,
    everything: All = False,
    workflow: WorkflowName = None,
    since: Since = None,
    until: Until = None,
    error: ErrorLine = None,
    as_json: AsJson = TEXT,
) -> None:
    """Run dead letters again, by id or by filter."""
    _change("replay", ids, everything, workflow, since, until, error, as_json)


@app.command("discard")
def discard_dead_letters(
    ids: Ids = None,
    everything: All = False,
    workflow: WorkflowName = None,
    since: Since = None,
    until: Until = None,
    error: ErrorLine = None,
    as_json: AsJson = TEXT,
) -> None:
    """Mark dead letters as dealt with, by id or by filter; they stay in the history."""
    _change("discard", ids, everything, workflow, since, until, error, as_json)
