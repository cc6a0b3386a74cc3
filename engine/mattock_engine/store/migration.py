"""Migrations: numbered SQL files, applied in order at start, one engine at a time.

The first ones are the schema, a file a topic. What has been released is never changed: a change is a file of its own.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import NamedTuple

import asyncpg

from .error import SchemaError
from .statement import statement

# A connection of its own, or one lent by the pool.
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

MINIMUM_SERVER_VERSION = 150_000


class Migration(NamedTuple):
    """One step of the schema."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Tells whether the file has changed since it was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All migrations of this engine, in order."""
    found: list[Migration] = []
    for file in files(__package__).joinpath("migrations").iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        found.append(Migration(int(number), name, file.read_text()))
    return sorted(found)


async def migrate(connection: Connection) -> None:
    """Brings the schema to this engine's version.

    Raises:
        SchemaError: the server is too old, or the schema is newer than this engine, or another one.
    """
    version = await connection.fetchval(statement("maintenance", "server_version"))
    if version < MINIMUM_SERVER_VERSION:
        raise SchemaError(f"Postgres {version // 10_000} is too old: Mattock needs Postgres 15 or newer")
    known = migrations()
    if await _is_current(connection, known):
        return
    await connection.execute(statement("maintenance", "lock_migrations"))
    try:
        await connection.execute(statement("maintenance", "create_migration_table"))
        applied = {row["version"]: row for row in await connection.fetch(statement("maintenance", "migrations"))}
        _check(known, applied)
        for step in known:
            if step.version not in applied:
                async with connection.transaction():
                    await connection.execute(step.sql)
                    await connection.execute(
                        statement("maintenance", "record_migration"), step.version, step.name, step.checksum
                    )
    finally:
        await connection.execute(statement("maintenance", "unlock_migrations"))


async def _is_current(connection: Connection, known: list[Migration]) -> bool:
    if not await connection.fetchval(statement("maintenance", "has_migrations")):
        return False
    applied = {row["version"]: row for row in await connection.fetch(statement("maintenance", "migrations"))}
    _check(known, applied)
    return len(applied) == len(known)


def _check(known: list[Migration], applied: dict[int, asyncpg.Record]) -> None:
    by_version = {step.version: step for step in known}
    for version, row in applied.items():
        step = by_version.get(version)
        if step is None:
            raise SchemaError(
                f"the database's schema (version {max(applied)}) is newer than this engine knows "
                f"(version {known[-1].version}): start an engine of the newer version, or use another database"
            )
        if row["checksum"] != step.checksum:
            raise SchemaError(
                f"the database was migrated by another build of Mattock (migration {version} differs): "
                "use the build that made it, or another database"
            )
