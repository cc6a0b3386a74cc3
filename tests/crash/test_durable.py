"""kill -9 in the midst of durable tasks: what was recorded is not done again, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg
import pytest
from mattock import ConnectionError, DurableContext, Mattock, RequestError

from .process import ServerProcess

SECONDS = 200
RUNS = 10
ROUNDS = 3

pytestmark = pytest.mark.timeout(SECONDS + 60)


async def signal(client: Mattock, run_id: str, number: int) -> None:
    """Sends a signal to a server that may be starting still."""
    while True:
        try:
            await client.durable.aio_signal(run_id, "go", number)
            return
        except (ConnectionError, RequestError):
            await asyncio.sleep(0.1)


async def test_durable_tasks_survive(accident: tuple[ServerProcess, Callable[[], None]]) -> None:
    server, happen = accident
    env = server.environment
    client = Mattock(
        token=env["MATTOCK_CLIENT_TOKEN"],
        host_port=env["MATTOCK_CLIENT_HOST_PORT"],
        server_url=env["MATTOCK_CLIENT_SERVER_URL"],
        tls_strategy="none",
    )

    async def never(input: dict[str, int], ctx: DurableContext) -> dict[str, list[str]]:
        raise AssertionError("runs in the worker's process alone")

    task = client.durable_task(name="crash-durable")(never)
    try:
        async with asyncio.timeout(SECONDS):
            refs = await task.aio_run_many_no_wait([{"rounds": ROUNDS}] * RUNS)
            results = [asyncio.ensure_future(ref.aio_result()) for ref in refs]
            for number in range(ROUNDS):
                await asyncio.to_thread(happen)
                for ref in refs:
                    await signal(client, ref.run_id, number)
            seen = [(await result)["seen"] for result in results]
    finally:
        await client.aio_close()
    for each in seen:
        # A signal whose answer was lost was sent again, so a number may come twice; but none is lost or out of order.
        taken = [int(text.partition("=")[2]) for text in each[2::3]]
        assert taken == sorted(taken)
        assert each[1::3] == ["3"] * ROUNDS
    ids = [text for each in seen for text in each[0::3]]
    assert len(set(ids)) == RUNS * ROUNDS
    await check_histories(server, [ref.run_id for ref in refs])


async def check_histories(server: ServerProcess, run_ids: list[str]) -> None:
    """Each step stands once, without gaps, and each child was started once."""
    connection = await asyncpg.connect(server.database_url)
    try:
        steps = await connection.fetch(
            "select task_id::text as task, node, place from mattock.step where task_id = any ($1::uuid[])"
            " order by task_id, node",
            run_ids,
        )
        children = await connection.fetchval(
            "select count(*) from mattock.finished_run where parent_task_id = any ($1::uuid[])", run_ids
        )
    finally:
        await connection.close()
    for run_id in run_ids:
        own = [step for step in steps if step["task"] == run_id]
        assert [step["node"] for step in own] == list(range(1, ROUNDS * 5 + 1))
        assert all(step["place"] for step in own)
    assert children == RUNS * ROUNDS * 2
