"""The store's door: opens it, and has its parts."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg

from .cipher import Cipher
from .cluster import Cluster
from .credential import Credentials
from .database import Database, Opened, Statements, Views
from .error import translated
from .keyring import KeyRing
from .loader import Loader
from .migration import migrate
from .rotation import register_keys
from .writer import Writer

# Log-ins that failed so long ago count no more.
FAILURE_SECONDS = 3600.0


class Store:
    """An open store. Make it with `open`.

    Attributes:
        url: where the database is.
        pool: its connections.
        cipher: what encrypts payloads, None if nothing does (`use_keys`).
        writer, loader: of rounds, and of what the core needs.
        cluster: replicas, leases, notifications.
        credentials: tokens, signing keys, log-in codes.
        read: runs statements for those who look at runs, workflows and workers; payloads are opened.
        change: marks on what has ended, about which nobody decides.
        alert, observe, once, people, retention, sealing, webhook: run statements of their topics.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.url = database.url
        self.pool = database.pool
        self.writer = Writer(database.url)
        self.loader = Loader(database)
        self.cluster = Cluster(database)
        self.credentials = Credentials(database)
        self.read = Views(database, "read")
        self.change = Statements(database, "history")
        self.alert = Opened(database, "alert")
        self.observe = Statements(database, "observation")
        self.once = Opened(database, "once")
        self.people = Statements(database, "people")
        self.retention = Statements(database, "retention")
        self.sealing = Statements(database, "sealing")
        self.webhook = Statements(database, "webhook")
        self._access = Statements(database, "access")
        self._maintenance = Statements(database, "maintenance")

    @classmethod
    async def open(cls, url: str, *, pool_size: int = 6, migrate_schema: bool = True) -> Store:
        """Connects, and brings the schema up to date.

        Args:
            url: a Postgres URL.
            pool_size: connections for reads, beside the writer's own.
            migrate_schema: False leaves the schema as it is (another process has migrated).

        Raises:
            DatabaseDown: the database cannot be reached.
            SchemaError: it is too old, or its schema is not one that this engine can use.
        """
        store = cls(await Database.open(url, pool_size))
        if migrate_schema:
            try:
                async with store.pool.acquire() as connection:
                    await migrate(connection)
                await store.add_partitions()
            except BaseException:
                await store.close()
                raise
        return store

    async def close(self) -> None:
        """Closes all connections. Harmless twice."""
        self.cluster.close()
        self.writer.close()
        self._database.close()

    async def connect(self) -> asyncpg.Connection:
        """A connection of one's own; close it.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        async with translated():
            return await self._database.connect()

    # ---- encryption ----

    async def use_keys(self, ring: KeyRing | None) -> None:
        """Encrypts payloads from now on, and decrypts those that are encrypted.

        Args:
            ring: None if nothing is to be encrypted.

        Raises:
            KeyRingInvalid: a key is missing by which something in the database is encrypted.
        """
        await register_keys(self, ring)
        self._database.cipher = None if ring is None else Cipher(ring)

    @property
    def cipher(self) -> Cipher | None:
        """What encrypts payloads, None if nothing does."""
        return self._database.cipher

    @property
    def seal(self) -> Callable[[str], str] | None:
        """Encrypts a payload; None if they are not encrypted."""
        return self._database.seal

    # ---- upkeep ----

    async def add_partitions(self, days: int = 7) -> None:
        """Makes the partitions of the days to come."""
        await self._maintenance("add_partitions", days)

    async def drop_partitions(self, older_than_days: int) -> int:
        """Drops what ended longer ago; returns how many partitions went."""
        await self._maintenance("drop_claims")
        await self.webhook("drop_deliveries")
        await self.once("drop_old")
        await self.observe("drop_orphans")
        await self.observe("drop_old", older_than_days)
        await self._maintenance("drop_used_codes")
        await self.people("drop_failures", FAILURE_SECONDS)
        await self.people("drop_sessions")
        return (await self._maintenance("drop_partitions", older_than_days))[0][0] or 0

    # ---- tenants ----

    async def put_tenant(self, tenant_id: str, slug: str, name: str) -> asyncpg.Record:
        """Makes a tenant unless its slug exists; returns the one that stands."""
        await self._access("put_tenant", tenant_id, slug, name)
        return (await self._access("get_tenant_by_slug", slug))[0]

    async def get_tenant(self, tenant_id: str) -> asyncpg.Record | None:
        """A tenant by its id."""
        rows = await self._access("get_tenant", tenant_id)
        return rows[0] if rows else None

    async def first_tenant(self) -> str:
        """The id of the tenant that is there for the longest time."""
        return str((await self._access("first_tenant"))[0]["tenant_id"])
