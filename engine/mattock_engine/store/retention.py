"""What tenants keep for a shorter time than the server does.

Whole days are dropped by partition, which costs nothing, once the server's own time is over. A tenant that keeps less
shares its partitions with others: its rows are deleted in batches, by one replica, which rests between them.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import asyncpg

from .error import translated
from .statement import statement

if TYPE_CHECKING:
    from .store import Store

# Tables with a partition a day, and the column that tells the day.
DAILY = {"finished_run": "finished_at", "task_event": "at", "log_line": "at", "event": "at", "event_run": "at"}


async def delete_expired(store: Store, longest: int, *, busy: float = 0.5) -> int | None:
    """Deletes what tenants keep no longer.

    Args:
        store: where.
        longest: days that the server keeps; a tenant may keep less.
        busy: the part of the time that it may work; it rests for the others.

    Returns:
        How many rows have gone (runs' steps not counted); None if another replica is at it.

    Raises:
        DatabaseDown: the database cannot be reached.
    """
    async with translated():
        connection = await store.connect()
        try:
            if not await connection.fetchval(statement("retention", "try_lock")):
                return None
            return await _Deletion(connection, busy).run(longest)
        finally:
            connection.terminate()


class _Deletion:
    def __init__(self, connection: asyncpg.Connection, busy: float) -> None:
        self._connection = connection
        self._busy = busy

    async def run(self, longest: int) -> int:
        gone = 0
        for tenant in await self._connection.fetch(statement("retention", "tenants"), longest):
            for table, column in DAILY.items():
                gone += await self._all("delete_expired", table, column, tenant["tenant_id"], tenant["retention_days"])
        for name in ("delete_audit", "delete_schedules"):
            gone += await self._all(name, longest)
        return gone

    async def _all(self, name: str, *arguments: object) -> int:
        """Deletes batch after batch."""
        gone = 0
        while True:
            began = time.monotonic()
            count: int = await self._connection.fetchval(statement("retention", name), *arguments)
            if not count:
                return gone
            gone += count
            await asyncio.sleep((time.monotonic() - began) * (1 / self._busy - 1))
