"""Batch tasks against a real server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mattock import BatchContext, Context, EmbeddedServer, Mattock, RunFailed
from serving import serve
from typing_extensions import TypedDict

Number = dict[str, int]


class Keyed(TypedDict):
    key: str
    value: int


async def test_runs_go_together_and_get_their_own_outputs(server: EmbeddedServer) -> None:
    client, sizes = server.client(), []

    @client.batch_task(name="square", batch_size=4, batch_interval="10s", execution_timeout="20s")
    async def square(numbers: list[Number], ctx: BatchContext) -> list[int]:
        sizes.append((len(numbers), len({member.run_id for member in ctx.members}), ctx.batch_key))
        ctx.log("together")
        ctx.members[0].log("the first one")
        return [number["n"] ** 2 for number in numbers]

    async with serve(client, square):
        assert await asyncio.gather(*(square.aio_run({"n": number}) for number in range(8))) == [
            n * n for n in range(8)
        ]
    assert sizes == [(4, 4, "default")] * 2


async def test_one_output_that_is_an_exception_fails_one_run(server: EmbeddedServer) -> None:
    client, seen = server.client(), []

    @client.batch_task(name="halve", batch_size=3, batch_interval="5s", retries=1)
    def halve(items: list[Number], ctx: Context) -> list[Any]:
        numbers = sorted(item["n"] for item in items)
        seen.append(numbers)
        return [item["n"] // 2 if item["n"] % 2 == 0 else ValueError(f"{item['n']} is odd") for item in items]

    async with serve(client, halve):
        # The odd one is tried again by itself, when nobody else has come for a while.
        found = await asyncio.gather(*(halve.aio_run({"n": number}) for number in (2, 3, 4)), return_exceptions=True)
    assert found[0] == 1
    assert found[2] == 2
    assert isinstance(found[1], RunFailed)
    assert "3 is odd" in str(found[1])
    assert seen == [[2, 3, 4], [3]]


async def test_what_is_no_list_of_outputs_fails_them_all(server: EmbeddedServer) -> None:
    client = server.client()

    @client.batch_task(name="short", batch_size=2, batch_interval="5s")
    async def short(items: list[Number]) -> list[int]:
        return [items[0]["n"]]

    async with serve(client, short):
        found = await asyncio.gather(short.aio_run({"n": 1}), short.aio_run({"n": 2}), return_exceptions=True)
    assert all("expected a list of 2 outputs" in str(error) for error in found)


async def test_an_input_of_another_type_fails_alone(server: EmbeddedServer) -> None:
    client = server.client()

    @client.batch_task(name="sum", batch_size=2, batch_interval="5s", batch_key="input.key")
    async def add(items: list[Keyed]) -> list[int]:
        return [item["value"] for item in items]

    @server.client().task(name="sum")
    async def untyped(item: dict[str, str]) -> int:
        return 0

    async with serve(client, add):
        found = await asyncio.gather(
            add.aio_run({"key": "a", "value": 1}),
            untyped.aio_run({"key": "a", "value": "none"}),
            return_exceptions=True,
        )
    assert found[0] == 1
    assert isinstance(found[1], RunFailed)


async def test_only_a_batch_that_nobody_wants_is_stopped(server: EmbeddedServer) -> None:
    client, begun, go = server.client(), asyncio.Event(), asyncio.Event()

    @client.batch_task(name="wait", batch_size=2, batch_interval="5s")
    async def wait(items: list[Number]) -> list[int]:
        begun.set()
        await go.wait()
        return [item["n"] for item in items]

    async with serve(client, wait):
        one, other = await wait.aio_run_no_wait({"n": 1}), await wait.aio_run_no_wait({"n": 2})
        await begun.wait()
        await client.runs.aio_cancel(one.run_id)
        go.set()
        assert await other.aio_result() == 2


async def test_a_batch_times_out_as_a_whole(server: EmbeddedServer) -> None:
    client = server.client()

    @client.batch_task(name="hang", batch_size=2, batch_interval="5s", execution_timeout="300ms")
    async def hang(items: list[Number]) -> list[int]:
        await asyncio.Event().wait()
        return []

    async with serve(client, hang):
        found = await asyncio.gather(*(hang.aio_run({"n": number}) for number in (1, 2)), return_exceptions=True)
    assert [isinstance(error, RunFailed) for error in found] == [True, True]
    assert ["batch timeout, exceeded timeout of 0.3s" in str(error) for error in found] == [True, True]


def test_options_that_do_not_go_together() -> None:
    client = Mattock()
    with pytest.raises(TypeError, match="batch_size"):
        client.batch_task(name="x")  # type: ignore[call-arg]

    def plain(items: list[Number]) -> list[Number]:
        return items

    with pytest.raises(TypeError, match="process"):
        client.batch_task(name="x", batch_size=2, executor="process")(plain)
