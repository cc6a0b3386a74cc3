from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import grpc
import grpc.aio
import pytest

from .conftest import Echo, connect, connect_sync

MIB = 1 << 20
BIDI = ["Chat", "Callback"]


async def test_server_stream(channel: Any) -> None:
    call = channel.unary_stream("/test.Echo/Count")(b"5000 10")
    assert [int.from_bytes(message[:4], "big") async for message in call] == list(range(5000))


@pytest.mark.parametrize("method", BIDI)
async def test_bidi_with_many_messages(channel: Any, method: str) -> None:
    call = channel.stream_stream(f"/test.Echo/{method}")()
    messages = [b"%d" % number for number in range(3000)]

    async def write() -> None:
        for message in messages:
            await call.write(message)
        await call.done_writing()

    writing = asyncio.create_task(write())
    assert [message async for message in call] == messages
    await writing
    assert await call.code() == grpc.StatusCode.OK


@pytest.mark.parametrize("method", BIDI)
async def test_bidi_blocking_client(echo: Echo, method: str) -> None:
    def work() -> list[bytes]:
        with connect_sync(echo) as channel:
            requests: Iterator[bytes] = (b"%d" % number for number in range(200))
            return list(channel.stream_stream(f"/test.Echo/{method}")(requests))

    assert await asyncio.to_thread(work) == [b"%d" % number for number in range(200)]


@pytest.mark.parametrize("method", BIDI)
async def test_error_in_the_midst(echo: Echo, channel: Any, method: str) -> None:
    call = channel.stream_stream(f"/test.Echo/{method}")()
    await call.write(b"one")
    assert await call.read() == b"one"
    await call.write(b"stop")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.OUT_OF_RANGE, "stopped")
    assert await echo.ended.get() == f"/test.Echo/{method}"
    assert await channel.unary_unary("/test.Echo/Now")(b"on") == b"on"


async def test_messages_before_an_error_arrive(channel: Any) -> None:
    call = channel.stream_stream("/test.Echo/Chat")()
    big = bytes(3 * MIB)
    for message in (big, big, b"stop"):
        await call.write(message)
    assert await call.read() == big
    assert await call.read() == big
    with pytest.raises(grpc.aio.AioRpcError):
        await call.read()


@pytest.mark.parametrize("method", BIDI)
async def test_client_cancels(echo: Echo, channel: Any, method: str) -> None:
    call = channel.stream_stream(f"/test.Echo/{method}")()
    await call.write(b"one")
    assert await call.read() == b"one"
    call.cancel()
    assert await echo.ended.get() == f"/test.Echo/{method}"
    assert echo.server.statistics().open_calls == 0


async def test_slow_reader_slows_the_writer(echo: Echo) -> None:
    async with connect(echo, ("grpc.http2.lookahead_bytes", 65536), ("grpc.http2.bdp_probe", 0)) as channel:
        call = channel.unary_stream("/test.Echo/Count")(b"64 1000000")
        sizes = [len(message) async for message in call]
    assert sizes == [1_000_004] * 64


async def test_handler_that_does_not_read_stops_the_client(echo: Echo, channel: Any) -> None:
    call = channel.stream_stream("/test.Echo/Deaf")()
    sent = 0

    async def write() -> None:
        nonlocal sent
        for _ in range(40):
            await call.write(bytes(MIB))
            sent += 1
        await call.done_writing()

    writing = asyncio.create_task(write())
    server_call = await echo.started.get()
    # Other calls of the same connection go on meanwhile.
    for _ in range(100):
        assert await channel.unary_unary("/test.Echo/Size")(bytes(MIB)) == MIB.to_bytes(8, "big")
    assert sent < 40
    assert server_call.withheld <= 9 * MIB
    echo.gate.set()
    assert await call.read() == (40 * MIB).to_bytes(8, "big")
    await writing


async def test_many_streams_at_once(channel: Any) -> None:
    async def chat(number: int) -> list[bytes]:
        call = channel.stream_stream("/test.Echo/Callback")()
        got = []
        for turn in range(5):
            await call.write(b"%d %d" % (number, turn))
            got.append(await call.read())
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        return got

    results = await asyncio.gather(*(chat(number) for number in range(100)))
    assert results == [[b"%d %d" % (number, turn) for turn in range(5)] for number in range(100)]


async def test_stream_deadline(echo: Echo, channel: Any) -> None:
    call = channel.stream_stream("/test.Echo/Callback")(timeout=0.2)
    await call.write(b"one")
    assert await call.read() == b"one"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert await echo.ended.get() == "/test.Echo/Callback"
