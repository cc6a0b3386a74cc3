"""Runs that are enqueued in transactions of the user's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import mattock
import psycopg
import pytest
import pytest_asyncio
import sqlalchemy.orm
from mattock import EmbeddedServer, Mattock, SoleTask
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

pytestmark = pytest.mark.asyncio(loop_scope="module")
# Runs of one transaction, enough that some would be seen if the transaction did not hold all of them back.
NUMBERS = range(100)
AFTERWARDS = 1000


class Bench:
    """A server with a worker, and what it has run; a table of the user's own beside Mattock's."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.url = server.database_url
        self.client: Mattock = server.client()
        self.seen: list[int] = []

        async def count(input: dict[str, int]) -> int:
            self.seen.append(input["n"])
            return input["n"]

        self.task: SoleTask[Any, int] = self.client.task(name="enqueued")(count)

    async def select(self, sql: str, *values: Any) -> list[Any]:
        """The first column."""
        connection = await asyncpg.connect(self.url)
        try:
            return [row[0] for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def serving() -> AsyncIterator[Bench]:
    """One server for all of this file."""
    async with mattock.embedded(set_environment=False) as server:
        found = Bench(server)
        await found.select("create schema shop")
        await found.select("create table shop.orders (n int)")
        worker = found.client.worker("enqueued", workflows=[found.task])
        running = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        yield found
        worker.stop()
        await running


@pytest_asyncio.fixture(loop_scope="module")
async def bench(serving: Bench) -> Bench:
    """Nothing has run, and there are no orders."""
    serving.seen.clear()
    await serving.select("truncate shop.orders")
    return serving


class Undone(Exception):
    """Rolls a transaction back."""


# ---- transactions of blocking drivers


def psycopg_connection(url: str) -> AbstractContextManager[Any]:
    return psycopg.connect(url)


@contextmanager
def sqlalchemy_connection(url: str) -> Iterator[Any]:
    engine = sqlalchemy.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def sqlalchemy_session(url: str) -> Iterator[Any]:
    engine = sqlalchemy.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    try:
        with sqlalchemy.orm.Session(engine) as session, session.begin():
            yield session
    finally:
        engine.dispose()


# ---- and of those of asyncio


@asynccontextmanager
async def psycopg_async(url: str) -> AsyncIterator[Any]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        yield connection


@asynccontextmanager
async def asyncpg_connection(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def asyncpg_pool(url: str) -> AsyncIterator[Any]:
    async with asyncpg.create_pool(url, min_size=1) as pool, pool.acquire() as connection, connection.transaction():
        yield connection


def sqlalchemy_async(driver: str, session: bool) -> Callable[[str], AbstractAsyncContextManager[Any]]:
    @asynccontextmanager
    async def begin(url: str) -> AsyncIterator[Any]:
        engine = create_async_engine(url.replace("postgresql", f"postgresql+{driver}", 1))
        try:
            if session:
                async with AsyncSession(engine) as found, found.begin():
                    yield found
            else:
                async with engine.begin() as connection:
                    yield connection
        finally:
            await engine.dispose()

    return begin


BLOCKING = {
    "psycopg": psycopg_connection,
    "sqlalchemy": sqlalchemy_connection,
    "sqlalchemy-session": sqlalchemy_session,
}
ASYNC: dict[str, Callable[[str], AbstractAsyncContextManager[Any]]] = {
    "psycopg-async": psycopg_async,
    "asyncpg": asyncpg_connection,
    "asyncpg-pool": asyncpg_pool,
    "sqlalchemy-async": sqlalchemy_async("psycopg", session=False),
    "sqlalchemy-async-session": sqlalchemy_async("psycopg", session=True),
    "sqlalchemy-asyncpg": sqlalchemy_async("asyncpg", session=False),
    "sqlalchemy-asyncpg-session": sqlalchemy_async("asyncpg", session=True),
}


def order(number: int, driver: str) -> Any:
    """The statement that stores an order."""
    sql = f"insert into shop.orders values ({number})"
    return sqlalchemy.text(sql) if driver.startswith("sqlalchemy") else sql


async def transact(bench: Bench, driver: str, undo: bool) -> list[str]:
    """Orders with their runs in one transaction, which is committed or rolled back; the runs' ids."""
    ids: list[str] = []
    options: Any = {"additional_metadata": {"by": driver}, "priority": 3}

    def block() -> None:
        with BLOCKING[driver](bench.url) as connection:
            for number in NUMBERS:
                connection.execute(order(number, driver))
                ids.append(mattock.enqueue(connection, bench.task, {"n": number}, **options))
            if undo:
                raise Undone

    try:
        if driver in BLOCKING:
            await asyncio.to_thread(block)
        else:
            async with ASYNC[driver](bench.url) as connection:
                for number in NUMBERS:
                    await connection.execute(order(number, driver))
                    ids.append(await mattock.enqueue(connection, bench.task, {"n": number}, **options))
                if undo:
                    raise Undone
    except Undone:
        assert undo
    return ids


@pytest.mark.parametrize("driver", [*BLOCKING, *ASYNC])
async def test_what_is_committed_runs_once(bench: Bench, driver: str) -> None:
    ids = await transact(bench, driver, undo=False)
    results = await asyncio.gather(*(bench.task.ref(run_id).aio_result() for run_id in ids))
    assert results == sorted(bench.seen) == list(NUMBERS)
    assert await bench.select("select n from shop.orders order by n") == results
    assert await bench.select("select place from mattock.enqueued") == []
    run = await bench.client.runs.aio_get(ids[-1])
    assert run.additional_metadata == {"by": driver}


@pytest.mark.parametrize("driver", [*BLOCKING, *ASYNC])
async def test_what_is_rolled_back_has_never_been(bench: Bench, driver: str) -> None:
    ids = await transact(bench, driver, undo=True)
    assert len(set(ids)) == len(NUMBERS)
    # Runs begin in the order of their transactions: when this one has ended, none of those before it is still to come.
    connection = await asyncpg.connect(bench.url)
    last = await mattock.enqueue(connection, bench.task, {"n": AFTERWARDS})
    await connection.close()
    assert await bench.task.ref(last).aio_result() == AFTERWARDS
    assert bench.seen == [AFTERWARDS]
    assert await bench.select("select n from shop.orders") == []
    assert await bench.select("select place from mattock.enqueued") == []
    for table in ("run", "finished_run"):
        assert await bench.select(f"select run_id from mattock.{table} where run_id = any ($1::uuid[])", ids) == []


async def test_a_savepoint_that_is_rolled_back_takes_its_runs_with_it(bench: Bench) -> None:
    connection = await asyncpg.connect(bench.url)
    async with connection.transaction():
        first = await mattock.enqueue(connection, bench.task, {"n": 1})
        savepoint = connection.transaction()
        await savepoint.start()
        await mattock.enqueue(connection, bench.task, {"n": 2})
        await savepoint.rollback()
        last = await mattock.enqueue(connection, bench.task, {"n": 3})
    await connection.close()
    assert [await bench.task.ref(run_id).aio_result() for run_id in (first, last)] == [1, 3]
    assert sorted(bench.seen) == [1, 3]


async def test_a_thousand_in_one_transaction_run_once_and_in_order(bench: Bench) -> None:
    connection = await asyncpg.connect(bench.url)
    async with connection.transaction():
        ids = [await mattock.enqueue(connection, bench.task, {"n": n}) for n in range(1000)]
    await connection.close()
    results = await asyncio.gather(*(bench.task.ref(run_id).aio_result() for run_id in ids))
    assert results == list(range(1000))
    assert sorted(bench.seen) == results
    sql = "select run_id::text from mattock.finished_run where run_id = any ($1::uuid[]) order by sort_key"
    assert await bench.select(sql, ids) == ids
    assert await bench.select("select place from mattock.enqueued") == []


ARGUMENTS = """
select mattock.enqueue(
    tenant => 'default', workflow => 'enqueued', input => '{"n": 7}', metadata => '{"by": "shop"}', priority => 3
)::text
"""


async def test_plain_sql_of_a_role_that_may_only_use_the_schema(bench: Bench) -> None:
    connection = await asyncpg.connect(bench.url)
    await connection.execute("create role shopkeeper; set role shopkeeper")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="schema mattock"):
        await connection.fetchval(ARGUMENTS)
    await connection.execute("reset role; grant usage on schema mattock to shopkeeper; set role shopkeeper")
    for table in ("enqueued", "tenant", "workflow_version", "run"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=table):
            await connection.fetch(f"select * from mattock.{table}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="enqueued"):
        await connection.execute("delete from mattock.enqueued")
    run_id = await connection.fetchval(ARGUMENTS)
    await connection.execute("reset role; drop owned by shopkeeper; drop role shopkeeper")
    await connection.close()
    assert await bench.task.ref(run_id).aio_result() == 7
    assert (await bench.client.runs.aio_get(run_id)).additional_metadata == {"by": "shop"}


async def test_another_database_of_the_server_has_no_such_function(bench: Bench) -> None:
    await bench.select("create database elsewhere")
    connection = await asyncpg.connect(bench.url, database="elsewhere")
    with pytest.raises(asyncpg.InvalidSchemaNameError, match="mattock"):
        await mattock.enqueue(connection, bench.task, {"n": 1})
    await connection.close()
    await bench.select("drop database elsewhere")


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
    with pytest.raises(asyncpg.PostgresError, match=names):
        await bench.select(sql)


async def test_another_kind_of_connection_is_refused() -> None:
    client = Mattock(token="a.b.c")
    with pytest.raises((TypeError, mattock.SettingError)):
        mattock.enqueue(object(), "name", tenant="default")
    client.close()
