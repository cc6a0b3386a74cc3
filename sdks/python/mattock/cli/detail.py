"""`mattock runs logs`, `events`, `children`: what happened in a run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from .option import TEXT, AsJson, Limit, time_or_none
from .output import age, console, duration, print_json, print_table, status
from .rest import Rest

ENDED = ("COMPLETED", "FAILED", "CANCELLED")
_FOLLOW_SECONDS = 0.5
# Lines of several tasks need not come in the order of their times.
_OVERLAP = timedelta(seconds=5)
_PAGE = 1000
RunId = Annotated[str, typer.Argument(help="Id of the run, or of a task of it.")]


class Level(StrEnum):
    """Levels of log lines."""

    debug = "debug"
    info = "info"
    warn = "warn"
    error = "error"


def add_commands(app: typer.Typer) -> None:
    """Adds them to `mattock runs`."""
    app.command("logs")(show_logs)
    app.command("events")(list_events)
    app.command("children")(list_children)


def show_logs(
    run_id: RunId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run has ended.")] = False,
    tail: Annotated[int, typer.Option("--tail", "-n", min=1, max=_PAGE, help="Only the last so many lines.")] = _PAGE,
    since: Annotated[str | None, typer.Option(help="Only lines since: 15m, 24h or a time.")] = None,
    search: Annotated[str | None, typer.Option(help="Only lines with this text.")] = None,
    levels: Annotated[list[Level] | None, typer.Option("--level", "-l", help="Only this level (repeatable).")] = None,
    attempt: Annotated[int | None, typer.Option(min=1, help="Only of this attempt.")] = None,
    as_json: AsJson = TEXT,
) -> None:
    """Show what the tasks of a run have logged; with JSON, one object a line."""
    rest = Rest()
    tasks = _task_ids(rest, run_id)
    query: dict[str, Any] = {
        "taskExternalIds": tasks,
        "search": search,
        "levels": [level.value.upper() for level in levels or []] or None,
        "attempt": attempt,
    }
    start = time_or_none("--since", since)
    last = rest.rows(f"{rest.stable}/logs", since=start, limit=tail, order_by_direction="DESC", **query)[::-1]
    several = len(tasks) > 1
    for line in last:
        _print_line(line, several, bool(as_json))
    if follow:
        for line in _following(rest, run_id, last, start, query):
            _print_line(line, several, bool(as_json))


def _task_ids(rest: Rest, run_id: str) -> list[str]:
    """The tasks of a run; a task stands for itself."""
    found = rest.get(f"/api/v1/stable/workflow-runs/{run_id}")
    ids = [str(task["taskExternalId"]) for task in found["tasks"]]
    return [run_id] if run_id in ids else ids or [run_id]


def _following(
    rest: Rest, run_id: str, seen: list[Any], start: str | None, query: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Lines that come after those that were seen, until the run has ended."""
    known = Counter(map(_key, seen))
    newest = seen[-1]["createdAt"] if seen else None
    while True:
        # Asked before the lines are read, so that the last ones are not missed.
        ended = rest.get(f"/api/v1/stable/workflow-runs/{run_id}/status") in ENDED
        query["taskExternalIds"] = _task_ids(rest, run_id)
        since = start if newest is None else (datetime.fromisoformat(newest) - _OVERLAP).isoformat()
        offset, counted = 0, Counter[Any]()
        while True:
            rows = rest.rows(
                f"{rest.stable}/logs", since=since, order_by_direction="ASC", limit=_PAGE, offset=offset, **query
            )
            offset += len(rows)
            for line in rows:
                key = _key(line)
                counted[key] += 1
                if counted[key] > known[key]:
                    known[key] += 1
                    newest = max(newest or line["createdAt"], line["createdAt"])
                    yield line
            if len(rows) < _PAGE:
                break
        if ended:
            return
        time.sleep(_FOLLOW_SECONDS)


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    return (line["createdAt"], line.get("taskExternalId"), line.get("attempt"), line["message"])


def _print_line(line: dict[str, Any], with_task: bool, as_json: bool) -> None:
    if as_json:
        print_json(line, indent=False)
        return
    level = str(line.get("level") or "INFO")
    style = {"ERROR": "red", "WARN": "yellow", "DEBUG": "dim"}.get(level, "")
    at = datetime.fromisoformat(line["createdAt"]).astimezone().strftime("%H:%M:%S.%f")[:-3]
    name = f"{line.get('taskDisplayName') or ''} " if with_task else ""
    text = Text.assemble((f"{at} ", "dim"), (f"{level:<5} ", style), (name, "cyan"), line["message"])
    console.print(text, soft_wrap=True)


def list_events(run_id: RunId, as_json: AsJson = TEXT) -> None:
    """List what happened to a run and its tasks, the oldest first."""
    rest = Rest()
    rows = rest.rows(f"/api/v1/stable/workflow-runs/{run_id}/task-events")
    rows.sort(key=lambda row: (row["timestamp"], row["id"]))
    if as_json:
        print_json(rows)
        return
    table = [
        (
            datetime.fromisoformat(row["timestamp"]).astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
            row.get("taskDisplayName") or row["taskId"],
            row.get("attempt") or "–",
            row["eventType"],
            (row.get("errorMessage") or row["message"] or "").strip().split("\n")[0][:100],
        )
        for row in rows
    ]
    print_table(("AT", "TASK", "ATTEMPT", "EVENT", "MESSAGE"), table, "Nothing has happened yet.")


def list_children(run_id: RunId, limit: Limit = 100, as_json: AsJson = TEXT) -> None:
    """List the runs that the tasks of a run have started."""
    rest = Rest()
    found = rest.get(f"/api/v1/stable/workflow-runs/{run_id}")
    since = found["run"].get("createdAt") or found["run"]["metadata"]["createdAt"]
    rows: list[Any] = []
    for task in _task_ids(rest, run_id):
        query = {"since": since, "only_tasks": False, "limit": limit, "parent_task_external_id": task}
        rows += rest.rows(f"{rest.stable}/workflow-runs", include_payloads=bool(as_json), **query)
    rows = sorted(rows, key=lambda row: row["createdAt"])[:limit]
    if as_json:
        print_json(rows)
        return
    table = [
        (
            row["metadata"]["id"],
            row.get("workflowName") or row["displayName"],
            status(row["status"]),
            age(row["createdAt"]),
            duration(None if row.get("duration") is None else row["duration"] / 1000),
        )
        for row in rows
    ]
    print_table(("RUN", "WORKFLOW", "STATUS", "AGE", "TOOK"), table, "It has started no runs.")
