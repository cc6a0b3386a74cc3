"""The replicas of a server: who lives, who owns which tenant, and what they tell each other through the database."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

import asyncpg

from .database import Database, Statements
from .error import DOWN

logger = logging.getLogger(__name__)

# Seconds until it listens again.
_RETRY_SECONDS = 0.3


class Cluster:
    """Replicas, leases and notifications."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._execute = Statements(database, "cluster")
        self._listener: asyncpg.Connection | None = None
        self._listening: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Listens no longer. Harmless twice."""
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None
        if self._listener is not None and not self._listener.is_closed():
            self._listener.terminate()
        self._listener = None

    async def join(self, replica_id: str, address: str) -> None:
        """A replica joins under its address for peers."""
        await self._execute("join", replica_id, address)

    async def beat(self, replica_id: str) -> None:
        """A replica lives."""
        await self._execute("beat", replica_id)

    async def leave(self, replica_id: str) -> None:
        """A replica leaves."""
        await self._execute("leave", replica_id)

    async def acquire(self, replica_id: str, tenant_ids: list[str] | None, ttl: float) -> list[tuple[str, int]]:
        """Takes tenants that nobody owns, its fair share of them; returns them with their new epochs."""
        free = [row["tenant_id"] for row in await self._execute("free_tenants")]
        if tenant_ids is not None:
            free = [tenant_id for tenant_id in free if tenant_id in tenant_ids]
        if not free:
            return []
        replicas = (await self._execute("live_replicas"))[0][0] or 1
        share = -(-len(free) // replicas)
        rows = await self._execute("acquire", replica_id, free[:share], ttl)
        return [(row["tenant_id"], row["epoch"]) for row in rows]

    async def renew(self, replica_id: str, ttl: float) -> list[str]:
        """Renews a replica's leases; returns the tenants that it still owns."""
        return [row["tenant_id"] for row in await self._execute("renew", replica_id, ttl)]

    async def release(self, replica_id: str) -> None:
        """Gives all leases of a replica back."""
        await self._execute("release", replica_id)

    async def owners(self) -> dict[str, tuple[str, str]]:
        """For each owned tenant: the replica and its address."""
        return {row["tenant_id"]: (row["replica_id"], row["address"]) for row in await self._execute("owners")}

    async def secret(self) -> str:
        """The secret that links between replicas begin with, made by the first one."""
        fresh = self._database.sealed(secrets.token_hex(32))
        await self._execute("put_setting", "cluster_secret", fresh)
        return self._database.opened((await self._execute("get_setting", "cluster_secret"))[0]["value"])

    async def notify(self, text: str) -> None:
        """Tells all replicas, this one included."""
        await self._execute("notify", text)

    def listen(self, on_text: Callable[[str], None], on_gap: Callable[[], None]) -> None:
        """Calls `on_text` for each notification from now on, and `on_gap` when some may have been missed."""
        self._listening = asyncio.create_task(self._listen(on_text, on_gap), name="mattock-listener")

    async def _listen(self, on_text: Callable[[str], None], on_gap: Callable[[], None]) -> None:
        while True:
            ended = asyncio.Event()
            try:
                connection = await self._database.connect()
                self._listener = connection
                connection.add_termination_listener(lambda _, ended=ended: ended.set())
                await connection.add_listener("mattock", lambda _c, _pid, _channel, text: on_text(str(text)))
                on_gap()
                await ended.wait()
            except (asyncpg.PostgresError, *DOWN) as error:
                logger.info("not listening: %s", error)
            await asyncio.sleep(_RETRY_SECONDS)
