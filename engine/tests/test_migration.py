"""Migrations on a real Postgres: once each, in order, whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
import pytest_asyncio
from mattock_engine.store import SchemaError, migration
from mattock_engine.store.embedded import EmbeddedPostgres
from mattock_engine.store.migration import Migration, migrate, migrations


@pytest.fixture(scope="module")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Postgres of this module's own."""
    postgres = EmbeddedPostgres(tmp_path_factory.mktemp("migration") / "postgres")
    yield postgres.start()
    postgres.stop()


@pytest_asyncio.fixture
async def connection(cluster_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database without our schema."""
    found = await asyncpg.connect(cluster_url)
    await found.execute("drop schema if exists mattock cascade")
    yield found
    await found.close()


async def applied(connection: asyncpg.Connection) -> list[int]:
    """Versions in the order in which they were applied."""
    rows = await connection.fetch("select version from mattock.migration order by applied_at, version")
    return [row["version"] for row in rows]


def test_numbers_are_used_once() -> None:
    versions = [step.version for step in migrations()]
    assert versions == sorted(set(versions))


async def test_all_are_applied_in_order_and_once(connection: asyncpg.Connection) -> None:
    await migrate(connection)
    first = await connection.fetch("select * from mattock.migration order by version")
    await migrate(connection)
    assert await connection.fetch("select * from mattock.migration order by version") == first
    assert await applied(connection) == [step.version for step in migrations()]


async def test_engines_that_start_together_migrate_one_after_another(
    connection: asyncpg.Connection, cluster_url: str
) -> None:
    others = [await asyncpg.connect(cluster_url) for _ in range(3)]
    await asyncio.gather(*(migrate(each) for each in others))
    for each in others:
        await each.close()
    assert await applied(connection) == [step.version for step in migrations()]


async def test_a_new_one_comes_on_top_of_what_is_there(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(connection)
    known = migrations()
    later = Migration(known[-1].version + 1, "later", "alter table mattock.tenant add column later int;")
    monkeypatch.setattr(migration, "migrations", lambda: [*known, later])
    await migrate(connection)
    assert (await applied(connection))[-1] == later.version
    assert await connection.fetch("select later from mattock.tenant") == []


async def test_one_that_fails_leaves_nothing_of_itself(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = migrations()
    broken = Migration(known[-1].version + 1, "broken", "create table mattock.half (a int); select 1 / 0;")
    monkeypatch.setattr(migration, "migrations", lambda: [*known, broken])
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(connection)
    assert await applied(connection) == [step.version for step in known]
    assert await connection.fetchval("select to_regclass('mattock.half')") is None
    # The lock is free again: whoever starts next can migrate.
    monkeypatch.undo()
    await migrate(connection)


async def test_one_that_differs_from_what_was_applied_is_refused(connection: asyncpg.Connection) -> None:
    await migrate(connection)
    await connection.execute("update mattock.migration set checksum = 'another' where version = 1")
    with pytest.raises(SchemaError, match="migration 1 differs"):
        await migrate(connection)


async def test_a_newer_schema_is_refused(connection: asyncpg.Connection) -> None:
    await migrate(connection)
    await connection.execute("insert into mattock.migration (version, name, checksum) values (999, 'later', '')")
    with pytest.raises(SchemaError, match="newer than this engine knows"):
        await migrate(connection)


async def test_every_key_of_a_tenants_table_begins_with_the_tenant(connection: asyncpg.Connection) -> None:
    await migrate(connection)
    rows = await connection.fetch(
        """
        select c.relname, (select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0])
        from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'mattock' and i.indisprimary and exists (
            select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
        """
    )
    assert len(rows) > 20
    assert [name for name, column in rows if column != "tenant_id"] == []
