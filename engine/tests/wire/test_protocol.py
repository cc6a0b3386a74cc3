from __future__ import annotations

import asyncio

import pytest
from mattock_engine.wire import Status
from mattock_engine.wire import frame as f

from .conftest import GATE, Echo
from .raw import RawClient, frame, message


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


async def test_settings_ping_and_unknown_frames(echo: Echo) -> None:
    async with RawClient(echo.port) as client:
        assert (await client.next()).kind == f.SETTINGS
        client.send(frame(77, 0xFF, 5, b"what"), frame(f.PRIORITY, 0, 9, bytes(5)), f.ping(b"12345678", ack=False))
        assert (await client.find(f.PING)).payload == b"12345678"
        await client.alive(1)


async def test_pings_without_calls_are_welcome(echo: Echo) -> None:
    async with RawClient(echo.port) as client:
        for number in range(500):
            client.send(f.ping(number.to_bytes(8, "big"), ack=False))
            assert (await client.find(f.PING)).payload == number.to_bytes(8, "big")
        await client.alive(1)


async def test_padding_priority_continuation_and_split_messages(echo: Echo) -> None:
    async with RawClient(echo.port) as client:
        block = client.block()
        flags = f.PADDED | f.WITH_PRIORITY
        client.send(frame(f.HEADERS, flags, 1, b"\x03" + bytes(5) + block[:10] + bytes(3)))
        client.send(frame(f.CONTINUATION, 0, 1, block[10:11]), frame(f.CONTINUATION, f.END_HEADERS, 1, block[11:]))
        for byte in message(b"hello"):
            client.send(frame(f.DATA, f.PADDED, 1, bytes((2, byte, 0, 0))))
        # The end comes on a frame of its own, as Node's client sends it.
        client.send(frame(f.DATA, f.END_STREAM, 1))
        assert (await client.find(f.DATA)).payload == message(b"hello")
        assert (await client.trailers(1))["grpc-status"] == "0"


async def test_bytes_one_by_one(echo: Echo) -> None:
    async with RawClient(echo.port, greeting=b"") as client:
        everything = (
            f.PREFACE
            + f.settings({})
            + frame(f.HEADERS, f.END_HEADERS, 1, client.block())
            + frame(f.DATA, f.END_STREAM, 1, message(b"x"))
        )
        for byte in everything:
            client.send(bytes((byte,)))
            await client.writer.drain()
            await asyncio.sleep(0)
        assert (await client.find(f.DATA)).payload == message(b"x")


@pytest.mark.parametrize("path", ["/test.Echo/Task", "/test.Echo/Now"])
async def test_end_of_request_after_its_message(echo: Echo, path: str) -> None:
    async with RawClient(echo.port) as client:
        client.send(frame(f.HEADERS, f.END_HEADERS, 1, client.block(path=path)), frame(f.DATA, 0, 1, message(b"x")))
        client.send(f.ping(bytes(8), ack=False))
        await client.find(f.PING)
        client.send(frame(f.DATA, f.END_STREAM, 1))
        assert (await client.trailers(1))["grpc-status"] == "0"


async def test_http1_gets_a_text(echo: Echo) -> None:
    for line in (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"PRI * HTTP/1.1\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", echo.port)
        writer.write(line)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"gRPC" in answer
        writer.close()


async def test_not_grpc(echo: Echo) -> None:
    async with RawClient(echo.port) as client:
        client.call(1, content_type="text/html")
        client.call(3, content_type="application/grpc-web")
        client.call(5, method="GET")
        assert [(await client.trailers(stream))[":status"] for stream in (1, 3, 5)] == ["415", "415", "405"]
        client.call(7, content_type="application/grpc+proto; x=y")
        assert (await client.trailers(7))["grpc-status"] == "0"


async def test_unknown_encoding(echo: Echo) -> None:
    async with RawClient(echo.port) as client:
        client.call(1, grpc_encoding="snappy")
        answer = await client.trailers(1)
        assert answer["grpc-status"] == str(int(Status.UNIMPLEMENTED))
        assert "snappy" in answer["grpc-message"]
        assert "gzip" in answer["grpc-accept-encoding"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "none came"),
        (message(b"a") + message(b"b"), "one message"),
        (message(b"abc")[:-1], "cut short"),
        (message(b"abc", flag=1), "compression flag"),
        (message(b"abc", flag=7), "compression flag"),
    ],
)
async def test_malformed_messages(echo: Echo, data: bytes, says: str) -> None:
    async with RawClient(echo.port) as client:
        client.send(frame(f.HEADERS, f.END_HEADERS, 1, client.block()), frame(f.DATA, f.END_STREAM, 1, data))
        answer = await client.trailers(1)
        assert answer["grpc-status"] == str(int(Status.INTERNAL))
        assert says in answer["grpc-message"]
        await client.alive(3)


@pytest.mark.parametrize("data", [b"no gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"])
async def test_malformed_gzip(echo: Echo, data: bytes) -> None:
    async with RawClient(echo.port) as client:
        client.send(frame(f.HEADERS, f.END_HEADERS, 1, client.block(grpc_encoding="gzip")))
        client.send(frame(f.DATA, f.END_STREAM, 1, message(data, flag=1)))
        answer = await client.trailers(1)
        assert answer["grpc-status"] == str(int(Status.INTERNAL))
        assert "gzip" in answer["grpc-message"]


async def test_client_window_and_frame_size_are_honoured(echo: Echo) -> None:
    greeting = f.PREFACE + f.settings({f.SETTING_INITIAL_WINDOW_SIZE: 10})
    async with RawClient(echo.port, greeting) as client:
        client.call(1, b"30", path="/test.Echo/Zeros")
        assert len((await client.find(f.DATA)).payload) == 10
        client.send(f.settings({f.SETTING_INITIAL_WINDOW_SIZE: 0}))
        client.send(f.window_update(1, 15))
        # Ten have gone out and the initial window has shrunk by ten: five of these fifteen are left.
        assert len((await client.find(f.DATA)).payload) == 5
        client.send(f.settings({f.SETTING_INITIAL_WINDOW_SIZE: 100_000, f.SETTING_MAX_FRAME_SIZE: 60_000}))
        assert len((await client.find(f.DATA)).payload) == 20
        assert (await client.trailers(1))["grpc-status"] == "0"
        client.call(3, b"60000", path="/test.Echo/Zeros")
        # What is left of the connection's window is less than the message.
        sizes = [len((await client.find(f.DATA, 3)).payload)]
        client.send(f.window_update(0, 100_000))
        while sum(sizes) < 60_005:
            sizes.append(len((await client.find(f.DATA, 3)).payload))
        assert sum(sizes) == 60_005
        assert max(sizes) <= 60_000


async def test_a_wider_window_is_acknowledged_before_it_is_used(echo: Echo) -> None:
    greeting = f.PREFACE + f.settings({f.SETTING_INITIAL_WINDOW_SIZE: 10})
    async with RawClient(echo.port, greeting) as client:
        client.call(1, b"30", path="/test.Echo/Zeros")
        await client.find(f.DATA)
        client.send(f.settings({f.SETTING_INITIAL_WINDOW_SIZE: 100_000}))
        found = await client.next()
        assert (found.kind, found.flags) == (f.SETTINGS, f.ACK)
        assert (await client.next()).kind == f.DATA


async def test_reset_frees_the_call(echo: Echo) -> None:
    async with RawClient(echo.port) as client:
        client.call(1, path=GATE)
        call = await echo.started.get()
        client.send(f.rst_stream(1, f.CANCEL))
        assert await echo.ended.get() == GATE
        assert call.cancelled
        # Late frames of a call that is over are no fault.
        client.send(f.window_update(1, 5), frame(f.DATA, 0, 1, b"late"), f.rst_stream(1, f.CANCEL))
        await client.alive(3)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (f.settings({f.SETTING_INITIAL_WINDOW_SIZE: 1 << 31}), f.FLOW_CONTROL_ERROR),
        (f.settings({f.SETTING_MAX_FRAME_SIZE: 1}), f.PROTOCOL_ERROR),
        (f.settings({f.SETTING_ENABLE_PUSH: 2}), f.PROTOCOL_ERROR),
        (frame(f.SETTINGS, 0, 0, b"12345"), f.FRAME_SIZE_ERROR),
        (frame(f.SETTINGS, f.ACK, 0, bytes(6)), f.FRAME_SIZE_ERROR),
        (frame(f.SETTINGS, 0, 1), f.PROTOCOL_ERROR),
        (frame(f.PING, 0, 0, b"short"), f.FRAME_SIZE_ERROR),
        (frame(f.PING, 0, 1, bytes(8)), f.PROTOCOL_ERROR),
        (frame(f.GOAWAY, 0, 0, b""), f.FRAME_SIZE_ERROR),
        (frame(f.PRIORITY, 0, 1, bytes(4)), f.FRAME_SIZE_ERROR),
        (frame(f.PRIORITY, 0, 0, bytes(5)), f.PROTOCOL_ERROR),
        (frame(f.PUSH_PROMISE, 0, 1, bytes(8)), f.PROTOCOL_ERROR),
        (frame(f.WINDOW_UPDATE, 0, 0, u32(0)), f.PROTOCOL_ERROR),
        (frame(f.WINDOW_UPDATE, 0, 0, u32(f.MAX_WINDOW)), f.FLOW_CONTROL_ERROR),
        (frame(f.WINDOW_UPDATE, 0, 0, b"1"), f.FRAME_SIZE_ERROR),
        (frame(f.WINDOW_UPDATE, 0, 1, u32(1)), f.PROTOCOL_ERROR),
        (frame(f.RST_STREAM, 0, 1, u32(8)), f.PROTOCOL_ERROR),
        (frame(f.RST_STREAM, 0, 1, b""), f.FRAME_SIZE_ERROR),
        (frame(f.DATA, 0, 0, b"x"), f.PROTOCOL_ERROR),
        (frame(f.DATA, 0, 1, b"x"), f.PROTOCOL_ERROR),
        (frame(f.CONTINUATION, 0, 1, b"x"), f.PROTOCOL_ERROR),
        (frame(f.HEADERS, 0, 1, b"x") + f.ping(bytes(8), ack=False), f.PROTOCOL_ERROR),
        (frame(f.HEADERS, 0, 1, b"x") + frame(f.CONTINUATION, f.END_HEADERS, 3), f.PROTOCOL_ERROR),
        (frame(f.HEADERS, f.END_HEADERS, 2, b"\x83"), f.PROTOCOL_ERROR),
        (frame(f.HEADERS, f.END_HEADERS, 0, b"\x83"), f.PROTOCOL_ERROR),
        (frame(f.HEADERS, f.END_HEADERS | f.PADDED, 1, b"\x05ab"), f.PROTOCOL_ERROR),
        (frame(f.HEADERS, f.END_HEADERS | f.WITH_PRIORITY, 1, b"ab"), f.FRAME_SIZE_ERROR),
        (frame(f.HEADERS, f.END_HEADERS, 1, b"\xff\xff\xff\xff\xff"), f.COMPRESSION_ERROR),
        (frame(f.HEADERS, f.END_HEADERS, 1, b"\x00\x01\xff\x01\xff"), f.COMPRESSION_ERROR),
        (f.head(16_385, f.DATA, 0, 1), f.FRAME_SIZE_ERROR),
    ],
)
async def test_malformed_frames_end_the_connection(echo: Echo, sent: bytes, code: int) -> None:
    async with RawClient(echo.port) as client:
        client.send(sent)
        assert await client.goodbye() == code


async def test_settings_must_come_first(echo: Echo) -> None:
    async with RawClient(echo.port, f.PREFACE + f.ping(bytes(8), ack=False)) as client:
        assert await client.goodbye() == f.PROTOCOL_ERROR


async def test_faults_of_one_call_leave_the_others(echo: Echo) -> None:
    async with RawClient(echo.port) as client:
        client.call(1, path=GATE)
        client.send(frame(f.DATA, 0, 1, b"more"))
        assert int.from_bytes((await client.find(f.RST_STREAM)).payload, "big") == f.STREAM_CLOSED
        client.call(3, path=GATE)
        client.send(frame(f.WINDOW_UPDATE, 0, 3, u32(0)))
        assert int.from_bytes((await client.find(f.RST_STREAM)).payload, "big") == f.PROTOCOL_ERROR
        client.call(5, path=GATE)
        client.send(f.window_update(5, f.MAX_WINDOW))
        assert int.from_bytes((await client.find(f.RST_STREAM)).payload, "big") == f.FLOW_CONTROL_ERROR
        client.send(frame(f.HEADERS, f.END_HEADERS, 7, client.block(path="/test.Echo/Chat")))
        client.send(frame(f.HEADERS, f.END_HEADERS, 7, client.block()))
        assert int.from_bytes((await client.find(f.RST_STREAM)).payload, "big") == f.PROTOCOL_ERROR
        assert echo.server.statistics().open_calls == 0
        await client.alive(9)
