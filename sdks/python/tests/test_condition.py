"""Events that conditions look back at, in the engine in memory and at a real server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mattock import (
    Context,
    DurableContext,
    EmbeddedServer,
    Event,
    Mattock,
    SleepCondition,
    UserEventCondition,
    Workflow,
    or_,
)
from mattock.testing import Engine, engine
from serving import serve

Input = dict[str, Any]


def looking(key: str, **options: Any) -> UserEventCondition:
    """A condition that looks back for an hour."""
    return UserEventCondition(key, lookback_window="1h", **options)


def branches(client: Mattock, name: str) -> Workflow[Any]:
    """Tasks that wait for, are skipped by, and are cancelled by what has been."""
    flow = client.workflow(name=name)

    @flow.task(
        wait_for=[looking("paid", scope="ann", expression="input.n > 1"), or_(SleepCondition("9h"), looking("sent"))]
    )
    async def waits(input: Input, ctx: Context) -> Any:
        return ctx.trigger_data

    @flow.task(wait_for=[SleepCondition("1s")], skip_if=[looking("paid", scope="bob"), looking("sent")])
    async def runs(input: Input) -> str:
        return "bob paid nothing"

    @flow.task(wait_for=[SleepCondition("9h")], skip_if=[looking("paid", scope="ann"), looking("sent")])
    async def skipped(input: Input) -> str:
        return "not skipped"

    return flow


EVENTS: tuple[tuple[str, Input, str], ...] = (
    ("paid", {"n": 1}, "ann"),
    ("paid", {"n": 2}, "ann"),
    ("paid", {"n": 3}, "ann"),
    ("sent", {"by": "post"}, ""),
)


def check(outputs: Any) -> None:
    """The first event that fits was taken, and none for the one of another scope."""
    assert outputs["waits"] == {"paid": {"n": 2}, "sent": {"by": "post"}}
    assert outputs["runs"] == "bob paid nothing"
    assert outputs["skipped"] == {"skipped": True}


client = Mattock()
flow = branches(client, "looking-back")


@client.durable_task(name="durable-looking-back")
async def waiting(input: Input, ctx: DurableContext) -> Any:
    race = or_(SleepCondition("9h"), looking("sent"))
    return await ctx.aio_wait_for(race, looking("paid", expression="input.n == 3"))


@pytest.fixture
async def memory() -> Any:
    """The engine in memory, where the events have come."""
    async with engine(flow, waiting) as running:
        for key, payload, scope in EVENTS:
            running.push(key, payload, scope=scope)
        yield running


async def test_conditions_of_a_workflow_look_back_in_memory(memory: Engine) -> None:
    check(await flow.aio_run({}))
    assert memory.elapsed.total_seconds() < 3600


async def test_a_durable_wait_looks_back_in_memory(memory: Engine) -> None:
    assert await waiting.aio_run({}) == {"sent": {"by": "post"}, "paid": {"n": 3}}
    assert memory.elapsed.total_seconds() < 3600


async def test_what_is_older_than_the_window_does_not_count(memory: Engine) -> None:
    await memory.aio_sleep("2h")
    durable = asyncio.ensure_future(waiting.aio_run({}))
    ref = await flow.aio_run_no_wait({})
    await memory.aio_sleep("1h")
    assert not durable.done()
    assert len(memory.unfinished()) == 2
    memory.push("paid", {"n": 3}, scope="ann")
    # Nothing but the sleeps is left of the groups of which one is enough.
    assert await durable == {"sleep": {"sleep_duration": "32400s"}, "paid": {"n": 3}}
    outputs = await ref.aio_result()
    assert outputs["waits"] == {"paid": {"n": 3}, "sleep": {"sleep_duration": "32400s"}}
    assert outputs["skipped"] == "not skipped"


async def test_the_window_ends_where_the_wait_begins(memory: Engine) -> None:
    """A workflow's window is counted from the time at which its task begins to wait, not from its registration."""
    late = client.workflow(name="late")

    @late.task()
    async def first(input: Input) -> None:
        return None

    @late.task(parents=[first], wait_for=[looking("sent")])
    async def second(input: Input, ctx: Context) -> Any:
        return ctx.trigger_data

    await memory.aio_serve(late)
    await memory.aio_sleep("2h")
    memory.push("sent", {"by": "hand"})
    await memory.aio_sleep("30m")
    assert (await late.aio_run({}))["second"] == {"sent": {"by": "hand"}}


@pytest.mark.parametrize("namespace", ["", "shop"])
async def test_conditions_look_back_at_a_server(server: EmbeddedServer, namespace: str) -> None:
    """Keys of events have the client's namespace, in conditions as in what is pushed."""
    own = server.client(namespace=namespace)
    its_flow = branches(own, "looking-back")
    its_task = own.durable_task(name="durable-looking-back")(waiting.function)
    for key, payload, scope in EVENTS:
        await own.events.aio_push(key, payload, scope=scope)
    async with serve(own, its_flow, its_task):
        check(await its_flow.aio_run({}))
        assert await its_task.aio_run({}) == {"sent": {"by": "post"}, "paid": {"n": 3}}


async def test_each_condition_of_a_group_has_its_own_window() -> None:
    """One that does not look back takes nothing of what another one looks at."""

    @client.durable_task(name="windows")
    async def windows(input: Input, ctx: DurableContext) -> Any:
        fresh = UserEventCondition("paid", expression="input.n == 2")
        return await ctx.aio_wait_for(or_(looking("paid", expression="input.n == 9"), fresh), SleepCondition("1m"))

    async with engine(windows) as memory:
        for number in (2, 9):
            memory.push("paid", {"n": number})
        memory.push("paid", {"n": 9, "late": True})
        assert (await windows.aio_run({}))["paid"] == {"n": 9}


async def test_a_look_back_goes_behind_what_does_not_fit(server: EmbeddedServer) -> None:
    """However many of the key's events an expression leaves out."""
    own = server.client(namespace="many")

    @own.durable_task(name="windows-of-many")
    async def finds(input: Input, ctx: DurableContext) -> Any:
        return await ctx.aio_wait_for_event("paid", "input.n >= 1200", lookback_window="1h")

    for first in range(0, 1500, 500):
        await own.events.aio_push_many([Event("paid", {"n": n}) for n in range(first, first + 500)])
    async with serve(own, finds):
        assert await finds.aio_run({}) == {"n": 1200}
