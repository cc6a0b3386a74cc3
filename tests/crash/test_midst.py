"""kill -9 of the engine in the midst of each feature that our own SDK has: all scenes at once, one death for all.

| feature | scene, or test |
|---|---|
| approvals | Approvals |
| signals, queries, updates | Messages |
| memo, now, random, uuid | Recorded |
| forks, replays of durable tasks | Forks, Results, Replayed |
| groups of waits, look-back | Waits |
| departures from the history | Departing |
| children of a durable task | Children |
| code versions | Patched |
| batch tasks | HalfABatch, test_flow |
| idempotency keys | ClaimedKey, test_flow |
| debounce | Debounced |
| queue limits, pace | FullQueue, OldestDropped, Smoothed |
| orders of queues | Orders |
| pauses, limits of a tenant | test_pause |
| ttl, dead letters and their replay | TimeToLive, DeadLetters |
| transactional enqueue | Enqueued, test_enqueued |
| crons: missed, overlap, pause; backfill | Crons, Backfill |
| schedules | Schedules |
| progress, figures, streams | Told |
| drained workers | Drained |
| labels that are changed, sticky runs | Labelled, Stuck |
| limits that are changed | ChangedLimit, test_pause |
| webhooks' replayed deliveries | Webhook |
| fan-out, durable steps | test_crash, test_durable |
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from mattock import Mattock

from . import scene_durable, scene_flow, scene_routing, scene_trigger
from .process import ServerProcess
from .scene import Scene

SECONDS = 180
MODULES = {module.__name__ for module in (scene_durable, scene_flow, scene_routing, scene_trigger)}
SCENES = [each for each in Scene.scenes if each.__module__ in MODULES]

pytestmark = [pytest.mark.timeout(2 * SECONDS + 60), pytest.mark.asyncio(loop_scope="module")]


class Play:
    """The scenes, with what went wrong in them before their end."""

    def __init__(self, server: ServerProcess, client: Mattock) -> None:
        self.server = server
        self.scenes = {kind: kind(client, server) for kind in SCENES}
        self.wrong: dict[type[Scene], BaseException] = {}

    async def all(self, act: str) -> None:
        """An act of all scenes."""

        async def play(kind: type[Scene]) -> None:
            try:
                async with asyncio.timeout(SECONDS):
                    await getattr(self.scenes[kind], act)()
            except Exception as error:
                self.wrong[kind] = error

        await asyncio.gather(*(play(kind) for kind in SCENES if kind not in self.wrong))

    async def die(self) -> None:
        """The engine dies, and there is another one."""
        await asyncio.to_thread(self.server.kill)
        for kind, scene in self.scenes.items():
            if kind not in self.wrong:
                try:
                    scene.dead()
                except Exception as error:
                    self.wrong[kind] = error
        await asyncio.to_thread(self.server.start)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def play(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    """All scenes, after the death."""
    server = ServerProcess(tmp_path_factory.mktemp("midst"))
    await asyncio.to_thread(server.start)
    env = server.environment
    client = Mattock(
        token=env["MATTOCK_CLIENT_TOKEN"],
        host_port=env["MATTOCK_CLIENT_HOST_PORT"],
        server_url=env["MATTOCK_CLIENT_SERVER_URL"],
        tls_strategy="none",
    )
    try:
        found = Play(server, client)
        worker = client.worker("midst", workflows=[each for scene in found.scenes.values() for each in scene.workflows])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        await found.all("begin")
        await found.all("hurry")
        await found.die()
        yield found
        worker.stop()
        await serving
    finally:
        await client.aio_close()
        server.stop()


@pytest.mark.parametrize("kind", SCENES, ids=lambda kind: kind.__name__)
async def test_the_engine_dies_in_its_midst(play: Any, kind: type[Scene]) -> None:
    if kind in play.wrong:
        raise play.wrong[kind]
    async with asyncio.timeout(SECONDS):
        await play.scenes[kind].end()
