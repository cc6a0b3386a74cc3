"""What the database groups or compares by errors, done here where these are sealed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, cast

import asyncpg

# So many rows are looked through at most, so many at once.
MOST_ROWS, ROWS_AT_ONCE = 20_000, 1_000
# Characters of a first line that are compared, as the statements have it.
_LINE, _LINE_OF_TASK = 300, 500
Run = Callable[..., Awaitable[list[asyncpg.Record]]]


async def task_errors(run: Run, tenant_id: str, *wanted: Any) -> list[asyncpg.Record]:
    """Failed tasks by the first line of their errors, as the statement of that name; of the newest 20 000 failures.

    Args:
        run: runs a statement by its name, and opens what is sealed.
        tenant_id: whose.
        wanted: the statement's other arguments: since, until, workflows, limit.
    """
    *narrowed, limit = wanted
    groups = _grouped(await run("failed_tasks", tenant_id, *narrowed), lambda row: _line(row, _LINE_OF_TASK))
    found = [
        {
            "error": error,
            **_spread(rows),
            "task_id": rows[0]["task_id"],
            "run_id": rows[0]["run_id"],
            "workflow_ids": sorted({row["workflow_id"] for row in rows}),
        }
        for error, rows in groups.items()
    ]
    return _largest(found, limit)


async def dead_letter_groups(run: Run, tenant_id: str, *wanted: Any) -> list[asyncpg.Record]:
    """Dead letters by workflow and the first line of their errors, as the statement of that name; of the newest 20 000.

    Args:
        run: runs a statement by its name, and opens what is sealed.
        tenant_id: whose.
        wanted: the statement's other arguments: since, until, workflows, limit.
    """
    *narrowed, limit = wanted
    letters = await run("dead_letters", tenant_id, *narrowed, None, None, None, MOST_ROWS)
    groups = _grouped(letters, lambda row: (row["workflow_id"], row["status"], _line(row, _LINE)))
    found = [
        {
            "workflow_id": workflow_id,
            "status": status,
            "error": error,
            **_spread(rows),
            "last_run_id": rows[0]["run_id"],
        }
        for (workflow_id, status, error), rows in groups.items()
    ]
    return _largest(found, limit)


async def dead_letters(run: Run, tenant_id: str, *wanted: Any) -> list[asyncpg.Record]:
    """Dead letters, the newest first, as the statement of that name; with an error, of the newest 20 000.

    Args:
        run: runs a statement by its name, and opens what is sealed.
        tenant_id: whose.
        wanted: the statement's other arguments: since, until, workflows, error, the place before, limit.
    """
    *narrowed, error, at, run_id, limit = wanted
    if error is None:
        return await run("dead_letters", tenant_id, *wanted)
    found: list[asyncpg.Record] = []
    for _ in range(MOST_ROWS // ROWS_AT_ONCE):
        rows = await run("dead_letters", tenant_id, *narrowed, None, at, run_id, ROWS_AT_ONCE)
        found += [row for row in rows if _line(row, _LINE) == error]
        if len(found) >= limit or len(rows) < ROWS_AT_ONCE:
            break
        at, run_id = rows[-1]["finished_at"], rows[-1]["run_id"]
    return found[:limit]


GROUPINGS: dict[str, Callable[..., Awaitable[list[asyncpg.Record]]]] = {
    "task_errors": task_errors,
    "dead_letter_groups": dead_letter_groups,
    "dead_letters": dead_letters,
}


def _line(row: asyncpg.Record, length: int) -> str:
    return str(row["error"]).partition("\n")[0][:length]


def _grouped(rows: Iterable[asyncpg.Record], key: Callable[[asyncpg.Record], Any]) -> dict[Any, list[asyncpg.Record]]:
    groups: dict[Any, list[asyncpg.Record]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _spread(rows: Sequence[asyncpg.Record]) -> dict[str, Any]:
    """How many rows, from when to when; the newest comes first."""
    return {"count": len(rows), "first_at": rows[-1]["finished_at"], "last_at": rows[0]["finished_at"]}


def _largest(found: list[dict[str, Any]], limit: int) -> list[asyncpg.Record]:
    found.sort(key=lambda group: (group["count"], group["last_at"]), reverse=True)
    # Who reads rows reads them by name.
    return cast(list[asyncpg.Record], found[:limit])
