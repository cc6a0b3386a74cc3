"""kill -9 of the engine after a transaction was committed, and before the engine has seen anything of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import mattock
import pytest
from mattock.registration import register
from mattock_engine.store.embedded import EmbeddedPostgres

from .process import ServerProcess
from .test_crash import check_store, client_of

EACH = 50


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server on a Postgres that lives on without it."""
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    server = ServerProcess(tmp_path / "server", database_url=postgres.start())
    server.start()
    yield server
    server.kill()
    postgres.stop()


async def waiting(server: ServerProcess) -> list[str]:
    """Runs that are enqueued, and no runs yet."""
    connection = await asyncpg.connect(server.database_url)
    try:
        rows = await connection.fetch("select run_id::text as id from mattock.enqueued order by place")
        return [row["id"] for row in rows]
    finally:
        await connection.close()


async def test_what_the_engine_has_not_seen_is_run_by_the_next(server: ServerProcess) -> None:
    client = client_of(server)
    ran: list[int] = []

    async def note(input: dict[str, Any]) -> int:
        ran.append(input["n"])
        return int(input["n"])

    task = client.task(name="noted")(note)
    ids: list[str] = []
    connections = [await asyncpg.connect(server.database_url) for _ in range(4)]
    transactions = [connection.transaction() for connection in connections]
    try:
        await register(client.session.channel, client.session.settings, [task.workflow])
        server.halt()
        for number, (connection, transaction) in enumerate(zip(connections, transactions, strict=True)):
            await transaction.start()
            ids += [await mattock.enqueue(connection, task, {"n": number * EACH + n}) for n in range(EACH)]
        # Two end while the engine is held, two when it is dead: of each, one is committed and the other rolled back.
        await transactions[0].commit()
        await transactions[1].rollback()
        assert await waiting(server) == ids[:EACH]
        server.kill()
        await transactions[2].commit()
        await transactions[3].rollback()
        committed = ids[:EACH] + ids[2 * EACH : 3 * EACH]
        assert await waiting(server) == committed
        await asyncio.to_thread(server.start)
        worker = client.worker("w", workflows=[task])
        serving = asyncio.create_task(worker.aio_start())
        results = await asyncio.gather(*(task.ref(run_id).aio_result() for run_id in committed))
        assert results == sorted(ran) == [*range(EACH), *range(2 * EACH, 3 * EACH)]
        assert await waiting(server) == []
        await check_store(server, committed)
        worker.stop()
        await serving
    finally:
        for connection in connections:
            connection.terminate()
        await client.aio_close()
