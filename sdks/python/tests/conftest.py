"""Fixtures of the SDK's tests: an engine in memory, clients and workers of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from mattock import EmbeddedServer, Mattock, Worker, embedded

sys.path.insert(0, str(Path(__file__).parent))

from fake_engine import FakeEngine
from worker_fixture import StartWorker


@pytest.fixture
async def engine() -> AsyncIterator[FakeEngine]:
    """An engine in memory."""
    engine = FakeEngine()
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def client(engine: FakeEngine) -> AsyncIterator[Mattock]:
    """A client of it."""
    client = Mattock(engine.settings())
    yield client
    await client.aio_close()


@pytest.fixture
async def start_worker(client: Mattock) -> AsyncIterator[StartWorker]:
    """Starts workers, which are stopped at the end."""
    started: list[tuple[Worker, asyncio.Task[None]]] = []

    async def start(*workflows: Any, **options: Any) -> Worker:
        worker = client.worker("test", workflows=workflows, **options)
        running = asyncio.create_task(worker.aio_start())
        ready = asyncio.create_task(worker.aio_ready())
        started.append((worker, running))
        await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            ready.cancel()
            await running
        return worker

    yield start
    for worker, running in started:
        worker.stop()
        await running


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """A real server, with its own Postgres."""
    pytest.importorskip("mattock_engine", reason="the server's package is not installed")
    with embedded(set_environment=False) as server:
        yield server
