from __future__ import annotations

import asyncio
import random

import pytest
from mattock_engine.wire import frame as f
from mattock_engine.wire import limit, outgoing

from .conftest import Echo
from .raw import RawClient, frame, message

MIB = 1 << 20


@pytest.mark.parametrize(
    "flood",
    [
        f.ping(bytes(8), ack=False),
        f.settings({}),
        f.SETTINGS_ACK,
        frame(f.PRIORITY, 0, 1, bytes(5)),
        frame(77, 0, 0),
    ],
    ids=["ping", "settings", "settings-ack", "priority", "unknown"],
)
async def test_floods(echo: Echo, flood: bytes) -> None:
    async with RawClient(echo.port) as client:
        client.send(flood * (limit.MAX_NUISANCE * 2))
        assert await client.goodbye() == f.ENHANCE_YOUR_CALM


async def test_rapid_resets(echo: Echo) -> None:
    async with RawClient(echo.port) as client:
        path = "/test.Echo/Chat"
        client.send(frame(f.HEADERS, f.END_HEADERS, 1, client.block(path=path)))
        block = client.block(path=path)
        streams = range(3, limit.MAX_NUISANCE * 3, 2)
        client.send(*(frame(f.HEADERS, f.END_HEADERS, at, block) + f.rst_stream(at, f.CANCEL) for at in streams))
        assert await client.goodbye() == f.ENHANCE_YOUR_CALM


@pytest.mark.parametrize("part", [b"", b"x" * 16_000], ids=["empty", "full"])
async def test_continuation_flood(echo: Echo, part: bytes) -> None:
    async with RawClient(echo.port) as client:
        client.send(frame(f.HEADERS, 0, 1), frame(f.CONTINUATION, 0, 1, part) * 100)
        assert await client.goodbye() == f.ENHANCE_YOUR_CALM


async def test_header_list_too_large(echo: Echo) -> None:
    async with RawClient(echo.port) as client:
        # One entry of the table, named again and again.
        block = b"\x40\x01a\x7f\xa1\x1e" + b"v" * 4000 + b"\xbe" * 100
        client.send(frame(f.HEADERS, f.END_HEADERS, 1, block))
        assert await client.goodbye() == f.ENHANCE_YOUR_CALM


async def test_too_many_streams_are_refused(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mattock_engine.wire.incoming.MAX_STREAMS", 5)
    async with RawClient(echo.port) as client:
        for stream in range(1, 13, 2):
            client.send(frame(f.HEADERS, f.END_HEADERS, stream, client.block(path="/test.Echo/Chat")))
        refused = await client.find(f.RST_STREAM)
        assert (refused.stream, int.from_bytes(refused.payload, "big")) == (11, f.REFUSED_STREAM)


async def test_more_data_than_the_window(echo: Echo) -> None:
    async with RawClient(echo.port) as client:
        client.send(frame(f.HEADERS, f.END_HEADERS, 1, client.block(path="/test.Echo/Deaf")))
        piece = message(bytes(16_000))
        client.send(frame(f.DATA, 0, 1, piece) * (limit.STREAM_WINDOW // len(piece) + 1))
        found = await client.find(f.RST_STREAM)
        assert int.from_bytes(found.payload, "big") == f.FLOW_CONTROL_ERROR
        await client.alive(3)


async def test_unfinished_messages_are_bounded(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mattock_engine.wire.incoming.MAX_HELD", 10 * MIB)
    async with RawClient(echo.port) as client:
        piece = bytes(16_000)
        for stream in range(1, 9, 2):
            client.send(frame(f.HEADERS, f.END_HEADERS, stream, client.block()))
            client.send(frame(f.DATA, 0, stream, b"\x00" + (4 * MIB).to_bytes(4, "big")))
            client.send(frame(f.DATA, 0, stream, piece) * (4 * MIB // len(piece)))
        assert await client.goodbye() == f.ENHANCE_YOUR_CALM


async def test_client_that_does_not_read_is_sent_away(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MAX_OUTGOING", 8 * MIB)
    async with RawClient(echo.port) as client:
        for stream in range(1, 41, 2):
            client.call(stream, b"1000000", path="/test.Echo/Zeros")
        await client.reader.read()
        assert client.reader.at_eof()
    assert echo.server.statistics().open_calls == 0


async def test_call_that_is_not_read_ends_alone(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MAX_OUTGOING", 8 * MIB)
    async with RawClient(echo.port) as client:
        client.call(1, b"9000000", path="/test.Echo/Zeros")
        answer = await client.trailers(1)
        assert answer["grpc-status"] == "8"
        client.send(f.window_update(0, MIB))
        await client.alive(3)


def mutated(source: random.Random, whole: bytes) -> bytes:
    """The bytes with some changed, lost, repeated or cut."""
    data = bytearray(whole)
    for _ in range(source.randint(1, 8)):
        at = source.randrange(len(data))
        match source.randrange(5):
            case 0:
                data[at] = source.randrange(256)
            case 1:
                del data[at : at + source.randint(1, 20)]
            case 2:
                data[at:at] = source.randbytes(source.randint(1, 20))
            case 3:
                data[at:at] = data[at : at + source.randint(1, 60)]
            case _:
                data[at] ^= 1 << source.randrange(8)
        if not data:
            data = bytearray(b"\x00")
    return bytes(data)


def conversation(client: RawClient, source: random.Random) -> bytes:
    """Frames as a decent client sends them."""
    out = f.settings({f.SETTING_INITIAL_WINDOW_SIZE: source.randrange(1 << 20)})
    for stream in range(1, 2 * source.randint(1, 6), 2):
        path = source.choice(["Now", "Task", "Chat", "Callback", "Zeros", "Refuse", "Gate", "None"])
        out += frame(f.HEADERS, f.END_HEADERS, stream, client.block(path=f"/test.Echo/{path}", grpc_timeout="1S"))
        out += frame(f.DATA, source.choice((0, f.END_STREAM)), stream, message(b"12345"))
        out += source.choice((b"", f.rst_stream(stream, 8), f.window_update(stream, 9), f.ping(bytes(8), ack=False)))
    return out


@pytest.mark.parametrize("seed", range(4))
async def test_fuzz(echo: Echo, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    source = random.Random(seed)
    for _ in range(60):
        async with RawClient(echo.port) as client:
            client.send(mutated(source, conversation(client, source)))
            client.writer.write_eof()
            await asyncio.wait_for(client.reader.read(), 10)
    async with RawClient(echo.port) as client:
        await client.alive(1)
        counts = echo.server.statistics()
        assert (counts.connections, counts.open_calls) == (1, 0)
    assert "could not be handled" not in caplog.text
    assert not [record for record in caplog.records if record.name == "asyncio"]


@pytest.mark.parametrize("seed", range(2))
async def test_noise(echo: Echo, seed: int) -> None:
    source = random.Random(seed)
    for _ in range(60):
        greeting = source.choice((b"", f.PREFACE, f.PREFACE + f.settings({})))
        async with RawClient(echo.port, greeting) as client:
            client.send(source.randbytes(source.randint(1, 3000)))
            client.writer.write_eof()
            await asyncio.wait_for(client.reader.read(), 10)
    async with RawClient(echo.port) as client:
        await client.alive(1)
        assert echo.server.statistics().connections == 1
