"""Runs that are enqueued in transactions of the user's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import mattock
import psycopg
import pytest
from mattock import EmbeddedServer, Mattock, SoleTask
from sqlalchemy.ext.asyncio import create_async_engine

pytestmark = pytest.mark.timeout(120)


class Bench:
    """A server with a worker, and what it has run."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.url = server.database_url
        self.client: Mattock = server.client()
        self.seen: list[int] = []

        async def count(input: dict[str, int]) -> int:
            self.seen.append(input["n"])
            return input["n"]

        self.task: SoleTask[Any, int] = self.client.task(name="enqueued")(count)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with mattock.embedded(set_environment=False) as server:
        found = Bench(server)
        worker = found.client.worker("enqueued", workflows=[found.task])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        yield found
        worker.stop()
        await serving


async def test_every_driver_and_all_or_nothing(bench: Bench) -> None:
    task, url = bench.task, bench.url
    ids = []
    asyncpg_connection = await asyncpg.connect(url)
    async with asyncpg_connection.transaction():
        ids.append(await mattock.enqueue(asyncpg_connection, task, {"n": 1}))
    rolled_back = asyncpg_connection.transaction()
    await rolled_back.start()
    await mattock.enqueue(asyncpg_connection, task, {"n": 100})
    await rolled_back.rollback()
    await asyncpg_connection.close()

    def blocking() -> None:
        with psycopg.connect(url) as connection:
            ids.append(mattock.enqueue(connection, task, {"n": 2}, additional_metadata={"by": "psycopg"}, priority=3))
        engine = sqlalchemy.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
        with engine.begin() as connection:
            ids.append(mattock.enqueue(connection, task, {"n": 3}))
        with sqlalchemy.orm.Session(engine) as session, session.begin():
            ids.append(mattock.enqueue(session, task, {"n": 4}))
        engine.dispose()

    import sqlalchemy.orm

    await asyncio.to_thread(blocking)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        ids.append(await mattock.enqueue(connection, task, {"n": 5}))
    engine = create_async_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    async with engine.begin() as other:
        ids.append(await mattock.enqueue(other, task, {"n": 6}))
    await engine.dispose()
    results = [await task.ref(run_id).aio_result() for run_id in ids]
    assert results == [1, 2, 3, 4, 5, 6]
    assert sorted(bench.seen) == results
    assert (await bench.client.runs.aio_get(ids[1])).additional_metadata == {"by": "psycopg"}


async def test_a_thousand_in_one_transaction_run_once_and_in_order(bench: Bench) -> None:
    connection = await asyncpg.connect(bench.url)
    async with connection.transaction():
        ids = [await mattock.enqueue(connection, bench.task, {"n": n}) for n in range(1000)]
    results = await asyncio.gather(*(bench.task.ref(run_id).aio_result() for run_id in ids))
    assert results == list(range(1000))
    assert sorted(bench.seen) == results
    rows = await connection.fetch("select run_id::text as id from mattock.finished_run order by sort_key")
    assert [row["id"] for row in rows] == ids
    assert await connection.fetchval("select count(*) from mattock.enqueued") == 0
    await connection.close()


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("select mattock.enqueue('nobody', 'enqueued')", "tenant: no tenant 'nobody'"),
        ("select mattock.enqueue('default', 'nothing')", "workflow: no workflow 'nothing'"),
        ("select mattock.enqueue('default', 'enqueued', '[]')", "input: expected a JSON object"),
        ("select mattock.enqueue('default', 'enqueued', '{}', '1')", "metadata: expected a JSON object"),
        ("select mattock.enqueue('default', 'enqueued', '{}', null, 9)", "priority: expected 1 to 3"),
    ],
)
async def test_what_cannot_be_a_run_is_refused(bench: Bench, sql: str, names: str) -> None:
    connection = await asyncpg.connect(bench.url)
    with pytest.raises(asyncpg.PostgresError, match=names):
        await connection.execute(sql)
    await connection.close()


def test_another_kind_of_connection_is_refused() -> None:
    client = Mattock(token="a.b.c")
    with pytest.raises((TypeError, mattock.SettingError)):
        mattock.enqueue(object(), "name", tenant="default")
    client.close()
