"""A search in texts that are sealed: rows are read in the order asked for, opened, and looked through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import asyncpg

# So many rows are looked through at most, so many at once.
MOST_ROWS, ROWS_AT_ONCE = 20_000, 1_000


class _Place(NamedTuple):
    """Where a statement takes what to search for, and its page, counted from 0; and the columns that are searched."""

    text: int
    limit: int
    offset: int
    columns: tuple[str, ...]


# Arguments as `Store.read` gets them, the tenant being the first.
_SEARCHES = {
    "find_lines": _Place(3, 11, 12, ("message",)),
    "list_events": _Place(15, 12, 13, ("event_id", "key", "payload")),
}
Run = Callable[..., Awaitable[list[asyncpg.Record]]]


async def search(name: str, arguments: Sequence[Any], run: Run) -> list[asyncpg.Record]:
    """Runs a statement; if it searches in payloads, does that here.

    Args:
        name: of the statement in `queries/read.sql`.
        arguments: for it.
        run: runs it with other arguments.
    """
    place = _SEARCHES.get(name)
    wanted = arguments[place.text] if place is not None and len(arguments) > place.text else None
    if place is None or not wanted:
        return await run(*arguments)
    changed = list(arguments)
    changed[place.text], changed[place.limit] = None, ROWS_AT_ONCE
    found: list[asyncpg.Record] = []
    end = arguments[place.offset] + arguments[place.limit]
    for start in range(0, MOST_ROWS, ROWS_AT_ONCE):
        changed[place.offset] = start
        rows = await run(*changed)
        found += [row for row in rows if any(wanted.lower() in (row[column] or "").lower() for column in place.columns)]
        if len(found) >= end or len(rows) < ROWS_AT_ONCE:
            break
    return found[arguments[place.offset] : end]
