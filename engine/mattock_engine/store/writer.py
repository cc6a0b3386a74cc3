"""Writes rounds, on a connection of its own."""

from __future__ import annotations

import asyncpg

from .batch import Batch
from .database import CONNECT_SECONDS
from .error import Fenced, translated
from .statement import statement

_FENCED = "MT001"
# Every statement of the writer finds its rows by key (`= any (ids)`) and joins the new values by hash, whatever the
# planner thinks of a table that was empty once.
_SETTINGS = {
    "enable_seqscan": "off",
    "enable_nestloop": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "application_name": "mattock-writer",
}


class Writer:
    """Writes; one transaction at a time.

    Args:
        url: of the database.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None

    def close(self) -> None:
        """Closes the connection. Harmless twice."""
        if self._connection is not None and not self._connection.is_closed():
            self._connection.terminate()
        self._connection = None

    async def commit(self, batches: list[Batch]) -> None:
        """Writes rounds of some tenants in one transaction.

        Raises:
            Fenced: the lease of a tenant is lost; nothing was written.
            DatabaseDown: the connection broke; what was being written may stand or not.
        """
        async with translated():
            connection = await self._connected()
            try:
                if len(batches) == 1 and not batches[0].rare:
                    await self._write(connection, batches[0])
                else:
                    async with connection.transaction():
                        # By id, as all who lock several leases do.
                        for batch in sorted(batches, key=lambda each: each.tenant_id):
                            await self._write(connection, batch)
            except asyncpg.PostgresError as error:
                if error.sqlstate == _FENCED:
                    raise Fenced([batch.tenant_id for batch in batches if batch.tenant_id in str(error)]) from error
                raise
            except BaseException:
                # Broken or cut off in the middle: its state is unknown.
                connection.terminate()
                raise

    async def _write(self, connection: asyncpg.Connection, batch: Batch) -> None:
        await connection.fetchval(statement("write", "commit"), batch.tenant_id, batch.epoch, *batch.hot)
        for name, arguments in batch.rare:
            await connection.execute(statement("write", name), batch.tenant_id, *arguments)

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._url, server_settings=_SETTINGS, timeout=CONNECT_SECONDS, statement_cache_size=100
            )
        return self._connection
