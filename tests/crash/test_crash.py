"""kill -9 of the engine, its worker and its Postgres in the midst of work: nothing is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from mattock import Mattock

from .process import ServerProcess, WorkerProcess

RUNS = 3000
CHUNK = 300
CHILDREN = 400

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    made = ServerProcess(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def replicated(tmp_path: Path) -> Iterator[ServerProcess]:
    made = ServerProcess(tmp_path, processes=2)
    made.start()
    yield made
    made.stop()


def client_of(server: ServerProcess) -> Mattock:
    env = server.environment
    return Mattock(token=env["MATTOCK_CLIENT_TOKEN"], host_port=env["MATTOCK_CLIENT_HOST_PORT"], tls_strategy="none")


async def check_store(server: ServerProcess, ids: list[str]) -> None:
    """Each run that was returned has one outcome, and no more attempts than it may have."""
    connection = await asyncpg.connect(server.database_url)
    try:
        rows = await connection.fetch(
            "select run_id::text as id, status, app_failures from mattock.finished_run where run_id = any ($1::uuid[])",
            ids,
        )
        unfinished = await connection.fetchval("select count(*) from mattock.run where run_id = any ($1::uuid[])", ids)
    finally:
        await connection.close()
    assert unfinished == 0
    assert len(rows) == len(ids), "an outcome is missing, or recorded twice"
    assert {row["status"] for row in rows} == {2}
    assert max(row["app_failures"] for row in rows) <= 2


async def survive(server: ServerProcess, accident: Callable[[], None]) -> None:
    """Triggers runs in chunks, with an accident at some random moments among them; then all of them must end well."""
    client = client_of(server)
    task = client.task(name="crash-short")(_never)
    chance = random.Random(7)
    moments = set(chance.sample(range(1, RUNS // CHUNK), 3))
    ids: list[str] = []
    results = []
    loop = asyncio.get_running_loop()
    for number in range(RUNS // CHUNK):
        references = await task.aio_run_many_no_wait([{"number": number * CHUNK + i + 1} for i in range(CHUNK)])
        ids.extend(reference.run_id for reference in references)
        results.extend(asyncio.ensure_future(reference.aio_result()) for reference in references)
        if number in moments:
            await loop.run_in_executor(None, accident)
    async with asyncio.timeout(200):
        await asyncio.gather(*results)
    await client.aio_close()
    assert len(set(ids)) == RUNS
    await check_store(server, ids)


async def _never(input: dict[str, int]) -> dict[str, int]:
    raise AssertionError("runs in the worker's process alone")


async def test_engine_is_killed(server: ServerProcess) -> None:
    worker = WorkerProcess(server.environment)

    def accident() -> None:
        server.kill()
        server.start()

    try:
        await survive(server, accident)
    finally:
        worker.kill()


async def test_postgres_is_killed(server: ServerProcess) -> None:
    worker = WorkerProcess(server.environment)
    try:
        await survive(server, server.kill_postgres)
    finally:
        worker.kill()


async def test_worker_is_killed(server: ServerProcess) -> None:
    workers = [WorkerProcess(server.environment)]

    def accident() -> None:
        workers[-1].kill()
        workers.append(WorkerProcess(server.environment))

    try:
        await survive(server, accident)
    finally:
        workers[-1].kill()


async def test_replica_is_killed(replicated: ServerProcess) -> None:
    worker = WorkerProcess(replicated.environment)
    turns = iter(range(10))
    try:
        await survive(replicated, lambda: replicated.kill_replica(next(turns)))
    finally:
        worker.kill()


async def test_engine_is_killed_in_a_fan_out(server: ServerProcess) -> None:
    worker = WorkerProcess(server.environment)
    client = client_of(server)
    try:
        task = client.task(name="crash-fan")(_never)
        reference = await task.aio_run_no_wait({"children": CHILDREN})
        result = asyncio.ensure_future(reference.aio_result())
        loop = asyncio.get_running_loop()
        for _ in range(2):
            await loop.run_in_executor(None, server.kill)
            await loop.run_in_executor(None, server.start)
        async with asyncio.timeout(200):
            assert (await result)["sum"] == CHILDREN * (CHILDREN + 1) // 2
        connection = await asyncpg.connect(server.database_url)
        children = await connection.fetchval(
            "select count(*) from mattock.finished_run where parent_task_id = $1", reference.run_id
        )
        await connection.close()
        assert children == CHILDREN
    finally:
        worker.kill()
        await client.aio_close()
