from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest
from mattock_engine.wire import Call, RpcError, Status

from .conftest import GATE, Echo, Serve, connect, connect_sync

MIB = 1 << 20


@pytest.mark.parametrize("method", ["Now", "Task", "Future"])
async def test_unary_each_way_to_answer(channel: Any, method: str) -> None:
    call = channel.unary_unary(f"/test.Echo/{method}")
    for message in (b"", b"x", b"hello" * 1000):
        assert await call(message) == message


async def test_unary_blocking_client(echo: Echo) -> None:
    def work() -> list[bytes]:
        with connect_sync(echo) as channel:
            call = channel.unary_unary("/test.Echo/Task")
            return [call(b"%d" % number) for number in range(50)]

    assert await asyncio.to_thread(work) == [b"%d" % number for number in range(50)]


async def test_many_calls_at_once(channel: Any) -> None:
    calls = [channel.unary_unary(f"/test.Echo/{method}") for method in ("Now", "Task", "Future")]
    messages = [b"%d" % number for number in range(1500)]
    assert await asyncio.gather(*(calls[at % 3](message) for at, message in enumerate(messages))) == messages


@pytest.mark.parametrize("algorithm", [grpc.Compression.Gzip, grpc.Compression.Deflate])
async def test_compressed_request(channel: Any, algorithm: grpc.Compression) -> None:
    call = channel.unary_unary("/test.Echo/Now")
    assert await call(b"a" * MIB, compression=algorithm) == b"a" * MIB


async def test_compression_bomb_is_refused(channel: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/test.Echo/Size")(bytes(64 * MIB), compression=grpc.Compression.Gzip)
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert str(4 * MIB) in (caught.value.details() or "")


async def test_large_messages_both_ways(channel: Any) -> None:
    message = bytes(range(256)) * (4 * MIB // 256)
    assert await channel.unary_unary("/test.Echo/Now")(message) == message
    many = [channel.unary_unary("/test.Echo/Size")(message) for _ in range(12)]
    assert {int.from_bytes(await reply, "big") for reply in many} == {4 * MIB}


async def test_reply_larger_than_every_window(channel: Any) -> None:
    assert len(await channel.unary_unary("/test.Echo/Zeros")(b"40000000")) == 40_000_000


async def test_message_too_large(channel: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/test.Echo/Now")(bytes(4 * MIB + 1))
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert caught.value.details() == f"received message larger than max ({4 * MIB + 1} vs. {4 * MIB})"
    assert await channel.unary_unary("/test.Echo/Now")(b"on") == b"on"


async def test_limit_is_a_setting(serve: Serve) -> None:
    echo = await serve(max_message_bytes=20 * MIB)
    async with connect(echo) as channel:
        assert await channel.unary_unary("/test.Echo/Size")(bytes(20 * MIB)) == (20 * MIB).to_bytes(8, "big")


async def test_refusal_with_details(channel: Any) -> None:
    text = "kein Platz: ä→ 100%\nzwei"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/test.Echo/Refuse")(text.encode())
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert caught.value.details() == text
    assert dict(caught.value.trailing_metadata())["grpc-status-details-bin"] == b"\x00details\xff"


async def test_broken_handler_tells_nothing(channel: Any, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/test.Echo/Break")(b"")
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.INTERNAL, "internal error")
    assert "a secret" in caplog.text


async def test_exceptions_are_translated(serve: Serve) -> None:
    echo = await serve(translate=lambda error: RpcError(Status.ABORTED, type(error).__name__))
    async with connect(echo) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/test.Echo/Break")(b"")
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.ABORTED, "ZeroDivisionError")


async def test_unknown_method_is_named(channel: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/test.Echo/Missing")(b"")
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert "/test.Echo/Missing" in (caught.value.details() or "")


async def test_metadata(channel: Any) -> None:
    call = channel.unary_unary("/test.Echo/Metadata")
    long = "t" * 9000
    for _ in range(3):
        assert await call(b"x-key", metadata=(("x-key", "one"), ("x-key", "two"))) == b"one,two"
        assert await call(b"authorization", metadata=(("authorization", long),)) == long.encode()
        assert await call(b"blob-bin", metadata=(("blob-bin", b"\x00\x01"),)) in (b"AAE", b"AAE=")


async def test_authentication(serve: Serve) -> None:
    seen: list[object] = []

    def authenticate(call: Call) -> None:
        if call.metadata.get("authorization") != "Bearer good":
            raise RpcError(Status.UNAUTHENTICATED, "invalid auth token")
        seen.append(call.metadata)
        call.state = "principal"

    echo = await serve(authenticate=authenticate)
    echo.server.unary("/test.Echo/Who", lambda message, call: call.state.encode())
    async with connect(echo) as channel:
        call = channel.unary_unary("/test.Echo/Who")
        for _ in range(20):
            assert await call(b"", metadata=(("authorization", "Bearer good"),)) == b"principal"
        # Identical header blocks give the same object, so that an authentication can be remembered by it.
        assert seen[-1] is seen[-2]
        for metadata in ((), (("authorization", "Bearer bad"),)):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(b"", metadata=metadata)
            assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


async def test_deadline_passes(echo: Echo, channel: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary(GATE)(b"", timeout=0.2)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert await echo.ended.get() == GATE
    echo.gate.set()
    assert await channel.unary_unary(GATE)(b"again", timeout=30) == b"again"


async def test_client_cancels(echo: Echo, channel: Any) -> None:
    call = channel.unary_unary(GATE)(b"")
    seen = await echo.started.get()
    call.cancel()
    assert await echo.ended.get() == GATE
    assert seen.cancelled
    assert echo.server.statistics().open_calls == 0
    assert await channel.unary_unary("/test.Echo/Now")(b"on") == b"on"


async def test_connection_lost_ends_calls(echo: Echo) -> None:
    channel = connect(echo)
    call = channel.unary_unary(GATE)(b"")
    await echo.started.get()
    await channel.close()
    assert await echo.ended.get() == GATE
    assert call.done()


async def test_statistics(echo: Echo, channel: Any) -> None:
    await channel.unary_unary("/test.Echo/Now")(b"")
    with pytest.raises(grpc.aio.AioRpcError):
        await channel.unary_unary("/test.Echo/Refuse")(b"")
    running = channel.unary_unary(GATE)(b"")
    await echo.started.get()
    counts = echo.server.statistics()
    assert (counts.connections, counts.open_calls, counts.calls_started, counts.calls_failed) == (1, 1, 3, 1)
    echo.gate.set()
    assert await running == b""
