"""The database: connections, statements by name, and payloads opened as they are read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import asyncpg

from .cipher import Cipher
from .error import DOWN, DatabaseDown, translated
from .grouping import GROUPINGS
from .migration import Connection
from .search import search
from .statement import statements

CONNECT_SECONDS = 5.0
_SETTINGS = {"jit": "off", "application_name": "mattock"}


class Database:
    """Connections to one database. Make it with `open`.

    Attributes:
        url: where it is.
        pool: connections for statements that need none of their own.
        cipher: what encrypts payloads; None if nothing does.
    """

    def __init__(self, url: str, pool: asyncpg.Pool) -> None:
        self.url = url
        self.pool = pool
        self.cipher: Cipher | None = None

    @classmethod
    async def open(cls, url: str, pool_size: int) -> Database:
        """Connects.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        try:
            pool = await asyncpg.create_pool(
                url, min_size=1, max_size=pool_size, server_settings=_SETTINGS, timeout=CONNECT_SECONDS
            )
        except (ValueError, asyncpg.PostgresError, *DOWN) as error:
            raise DatabaseDown(f"the database cannot be reached: {error or type(error).__name__}") from error
        return cls(url, pool)

    def close(self) -> None:
        """Closes the pool. Harmless twice."""
        self.pool.terminate()

    async def connect(self) -> asyncpg.Connection:
        """A connection of one's own; close it. Raises what the driver raises."""
        return await asyncpg.connect(self.url, server_settings=_SETTINGS, timeout=CONNECT_SECONDS)

    async def execute(self, topic: str, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement of `queries/<topic>.sql`; rows come as they are stored.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        async with translated():
            return list(await self.pool.fetch(statements(topic)[name], *arguments))

    async def fetch(self, connection: Connection, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs SQL on a connection; what is sealed in the rows is opened."""
        return self.opened_rows(await connection.fetch(sql, *arguments))

    def opened_rows(self, records: list[asyncpg.Record]) -> list[asyncpg.Record]:
        """Rows with what is sealed in them opened."""
        return records if self.cipher is None else self.cipher.open_records(records)

    @property
    def seal(self) -> Callable[[str], str] | None:
        """Encrypts a payload; None if they are not encrypted."""
        return None if self.cipher is None else self.cipher.seal

    def sealed(self, text: str) -> str:
        """A text as it is to be stored."""
        return text if self.cipher is None else self.cipher.seal(text)

    def opened(self, text: str) -> str:
        """A text that was stored."""
        return text if self.cipher is None else self.cipher.open(text)


class Statements:
    """Runs statements of one topic, `queries/<topic>.sql`."""

    def __init__(self, database: Database, topic: str) -> None:
        self._database = database
        self._topic = topic

    async def __call__(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement; rows come as they are stored.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        return await self._database.execute(self._topic, name, *arguments)


class Opened(Statements):
    """Runs statements of one topic; what is sealed in the rows is opened."""

    async def __call__(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        return self._database.opened_rows(await super().__call__(name, *arguments))


class Views(Opened):
    """Runs statements for those who look; what is sealed is looked through and grouped here: the database cannot."""

    async def __call__(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        """Runs a statement.

        Raises:
            DatabaseDown: the database cannot be reached.
        """
        run = super().__call__
        if self._database.cipher is None:
            return await run(name, *arguments)
        if name in GROUPINGS:
            return await GROUPINGS[name](run, *arguments)
        return await search(name, arguments, partial(run, name))
