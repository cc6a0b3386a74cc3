"""kill -9 of the engine, its worker and its Postgres in the midst of work: nothing is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from mattock import Mattock
from mattock_engine.store.embedded import EmbeddedPostgres

from .conftest import Accident
from .process import ServerProcess

# More of everything for a long look: MATTOCK_CRASH_RUNS=100000 MATTOCK_CRASH_ROUNDS=30.
RUNS = int(os.environ.get("MATTOCK_CRASH_RUNS", "10000"))
ROUNDS = int(os.environ.get("MATTOCK_CRASH_ROUNDS", "5"))
SEED = int(os.environ.get("MATTOCK_CRASH_SEED", random.randrange(1_000_000)))
CHUNK = 250
CHILDREN = 1000
SECONDS = 240

pytestmark = pytest.mark.timeout(SECONDS + 60)


def client_of(server: ServerProcess) -> Mattock:
    env = server.environment
    return Mattock(token=env["MATTOCK_CLIENT_TOKEN"], host_port=env["MATTOCK_CLIENT_HOST_PORT"], tls_strategy="none")


async def check_store(server: ServerProcess, ids: list[str]) -> None:
    """Each run that was returned has one outcome, and no more attempts than it may have."""
    connection = await asyncpg.connect(server.database_url)
    try:
        rows = await connection.fetch(
            "select run_id::text as id, status, app_failures, attempt, reassignments from mattock.finished_run"
            " where run_id = any ($1::uuid[])",
            ids,
        )
        unfinished = await connection.fetchval("select count(*) from mattock.run where run_id = any ($1::uuid[])", ids)
    finally:
        await connection.close()
    assert unfinished == 0
    assert len(rows) == len(ids), "an outcome is missing, or recorded twice"
    assert {row["status"] for row in rows} == {2}
    assert max(row["app_failures"] for row in rows) <= 2
    # An attempt is a failure's, or a lost worker's: none is missing, none too many.
    assert all(row["attempt"] == row["app_failures"] + row["reassignments"] for row in rows)


class Accidents:
    """Accidents at random moments of a test: each after so many results as chance says.

    Args:
        accident: what happens; blocking.
        count: how often.
        results: how many results there will be.
    """

    def __init__(self, accident: Callable[[], None], count: int, results: int) -> None:
        print(f"moments: MATTOCK_CRASH_SEED={SEED}")
        self._accident = accident
        self._moments = sorted(random.Random(SEED).sample(range(results), min(count, results)))
        self._finished = 0
        self._due = asyncio.Event()
        self._runner = asyncio.create_task(self._run())

    def watch(self, result: asyncio.Future[Any]) -> None:
        """Counts a result."""
        result.add_done_callback(self._count)

    def _count(self, _: object) -> None:
        self._finished += 1
        self._due.set()

    async def _run(self) -> None:
        for moment in self._moments:
            while self._finished < moment:
                self._due.clear()
                await self._due.wait()
            await asyncio.to_thread(self._accident)

    async def all_have_happened(self) -> None:
        """Waits for the last one; raises what an accident raised."""
        await self._runner

    def stop(self) -> None:
        """No more of them."""
        self._runner.cancel()


async def describe(server: ServerProcess, run_ids: list[str]) -> str:
    """How runs without a result stand in the store."""
    connection = await _connect(server)
    columns = "status, attempt, worker_id, assigned_at, started_at, finished_at"
    query = " union all ".join(
        f"select '{table}', {columns} from mattock.{table} where run_id = any ($1::uuid[])"
        for table in ("run", "finished_run")
    )
    rows = await connection.fetch(f"{query} limit 20", run_ids)
    workers = await connection.fetch("select worker_id, name, seen_at, removed_at, now() from mattock.worker")
    await connection.close()
    logs = [(server.folder / name).read_text()[-2000:] for name in ("server.log", "worker.log")]
    return "\n".join([f"{len(run_ids)} runs have no result:", *map(str, rows), *map(str, workers), *logs])


async def survive(server: ServerProcess, accident: Callable[[], None]) -> None:
    """Triggers runs in chunks, with accidents at random moments among their results; all of them must end well."""
    client = client_of(server)
    task = client.task(name="crash-short")(_never)
    ids: list[str] = []
    results: list[asyncio.Future[Any]] = []
    accidents = Accidents(accident, ROUNDS, RUNS * 9 // 10)
    try:
        async with asyncio.timeout(SECONDS):
            for start in range(0, RUNS, CHUNK):
                numbers = [{"number": number} for number in range(start + 1, min(start + CHUNK, RUNS) + 1)]
                references = await task.aio_run_many_no_wait(numbers)
                ids.extend(reference.run_id for reference in references)
                for reference in references:
                    results.append(asyncio.ensure_future(reference.aio_result()))
                    accidents.watch(results[-1])
            # An accident that fails (a server that does not start again) is told at once.
            await asyncio.gather(accidents.all_have_happened(), *results)
    except TimeoutError:
        silent = [
            run_id for run_id, result in zip(ids, results, strict=False) if result.cancelled() or not result.done()
        ]
        raise AssertionError(await describe(server, silent)) from None
    finally:
        accidents.stop()
        await client.aio_close()
    assert len(set(ids)) == RUNS
    await check_store(server, ids)


async def survive_a_fan_out(server: ServerProcess, accident: Callable[[], None]) -> None:
    """The same for the children of one task: each exists once, however often their parent begins anew."""
    client = client_of(server)
    try:
        task = client.task(name="crash-fan")(_never)
        reference = await task.aio_run_no_wait({"children": CHILDREN})
        result = asyncio.ensure_future(reference.aio_result())
        for _ in range(2):
            connection = await _connect(server)
            query = "select count(*) from mattock.run where parent_task_id = $1"
            # Not before there are children, nor after the end; the database tells nobody.
            while not result.done() and not await connection.fetchval(query, reference.run_id):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            await connection.close()
            await asyncio.to_thread(accident)
        async with asyncio.timeout(SECONDS):
            assert (await result)["sum"] == CHILDREN * (CHILDREN + 1) // 2
        connection = await _connect(server)
        rows = await connection.fetch(
            "select child_key, status from mattock.finished_run where parent_task_id = $1", reference.run_id
        )
        await connection.close()
        assert len(rows) == len({row["child_key"] for row in rows}) == CHILDREN
        assert {row["status"] for row in rows} == {2}
    finally:
        await client.aio_close()


async def _connect(server: ServerProcess) -> asyncpg.Connection[Any]:
    """A connection to a Postgres that may be starting still."""
    while True:
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            return await asyncpg.connect(server.database_url)
        await asyncio.sleep(0.05)


async def _never(input: dict[str, int]) -> dict[str, int]:
    raise AssertionError("runs in the worker's process alone")


async def test_runs_survive(accident: tuple[ServerProcess, Callable[[], None]]) -> None:
    await survive(*accident)


async def test_a_fan_out_survives(accident: tuple[ServerProcess, Callable[[], None]]) -> None:
    await survive_a_fan_out(*accident)


async def test_two_servers_on_one_postgres(tmp_path: Path) -> None:
    """One of them is killed and comes back, again and again; callers and a worker of the other go on."""
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    url = await asyncio.to_thread(postgres.start)
    servers = [ServerProcess(tmp_path / name, database_url=url) for name in ("one", "other")]
    try:
        for server in servers:
            await asyncio.to_thread(server.start)
        accidents = Accident(servers[0])
        try:
            # The worker and the caller are the first one's; what is killed is the other one.
            def kill_other() -> None:
                servers[1].kill()
                servers[1].start()

            await survive(servers[0], kill_other)
        finally:
            accidents.close()
    finally:
        for server in servers:
            server.stop()
        postgres.stop()


async def test_a_killed_owner_is_followed_within_five_seconds(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, processes=2)
    await asyncio.to_thread(server.start)
    accidents = Accident(server)
    client = client_of(server)
    try:
        task = client.task(name="crash-short")(_never)
        await task.aio_run({"number": 1})
        connection = await asyncpg.connect(server.database_url)
        owner = "select address from mattock.lease join mattock.replica using (replica_id)"
        before = await connection.fetchval(owner)
        server.kill_listener(int(before.rpartition(":")[2]))
        killed_at = time.monotonic()
        await task.aio_run({"number": 2})
        # A promise of the product, not a measurement of speed.
        assert time.monotonic() - killed_at < 5
        assert await connection.fetchval(owner) != before
        await connection.close()
    finally:
        await client.aio_close()
        accidents.close()
        server.stop()
