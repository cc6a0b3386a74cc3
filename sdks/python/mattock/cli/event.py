"""`mattock events`: push, list and replay user events."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .error import CommandError
from .option import TEXT, AsJson, Limit, Metadata, Priority, pair, pairs, read_object, time_or_none
from .output import age, print_json, print_table
from .rest import Rest

app = typer.Typer(help="Events that start runs.", no_args_is_help=True)
Keys = Annotated[list[str] | None, typer.Option("--key", "-k", help="Only of this key (repeatable).")]
Since = Annotated[str | None, typer.Option(help="Only since: 15m, 24h, 7d or a time.")]
Until = Annotated[str | None, typer.Option(help="Only before.")]


@app.command("push")
def push_event(
    key: Annotated[str, typer.Argument(help="Key of the event, for example order:paid.")],
    payload: Annotated[str, typer.Option("--payload", "-p", help="A JSON object, @FILE, or - for standard input.")] = (
        "{}"
    ),
    metadata: Metadata = None,
    scope: Annotated[str | None, typer.Option(help="Scope, for filters.")] = None,
    priority: Priority = None,
    as_json: AsJson = TEXT,
) -> None:
    """Push an event; prints its id."""
    body: dict[str, Any] = {
        "key": key,
        "data": read_object("--payload", payload),
        "additionalMetadata": dict(pair(item) for item in metadata or []) or None,
        "scope": scope,
        "priority": priority,
    }
    rest = Rest()
    made = rest.post(f"{rest.tenant}/events", body)
    print_json(made) if as_json else print(made["metadata"]["id"])


@app.command("list")
def list_events(
    keys: Keys = None,
    since: Since = None,
    until: Until = None,
    metadata: Metadata = None,
    limit: Limit = 50,
    as_json: AsJson = TEXT,
) -> None:
    """List events, the newest first, with the runs that each started."""
    rest = Rest()
    rows = rest.rows(
        f"{rest.stable}/events",
        keys=keys or None,
        since=time_or_none("--since", since),
        until=time_or_none("--until", until),
        additionalMetadata=pairs(metadata),
        limit=limit,
    )
    if as_json:
        print_json(rows)
        return
    table = []
    for row in rows:
        counts = {name: number for name, number in row["workflowRunSummary"].items() if number}
        runs = ", ".join(f"{number} {name}" for name, number in counts.items())
        problem = (row.get("problem") or "")[:60]
        table.append((row["metadata"]["id"], row["key"], age(row["seenAt"]), runs or "none", problem))
    print_table(("EVENT", "KEY", "AGE", "RUNS", "PROBLEM"), table, "No events match.")


@app.command("replay")
def replay_events(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of events.", show_default=False)] = None,
    keys: Keys = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = TEXT,
) -> None:
    """Push events again, as new ones, by id or by filter; prints the new ids."""
    body: dict[str, Any] = (
        {"eventIds": ids}
        if ids
        else {
            "keys": keys or None,
            "since": time_or_none("--since", since),
            "until": time_or_none("--until", until),
        }
    )
    if not any(body.values()):
        raise CommandError("name the events to replay: ids, or a filter (--key, --since, --until)")
    rest = Rest()
    made = rest.post(f"{rest.tenant}/events/replay", {name: value for name, value in body.items() if value})
    print_json(made) if as_json else print("\n".join(made["ids"]) or "No events match.")
