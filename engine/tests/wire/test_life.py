from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from mattock_engine.wire import Server
from mattock_engine.wire import frame as f
from mattock_engine.wire.deadline import Deadlines

from .conftest import GATE, Echo, Serve, connect
from .raw import RawClient


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime(2020, 1, 1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


async def test_tls(serve: Serve, tmp_path: Path) -> None:
    public, private = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    echo = await serve(ssl=context)
    credentials = grpc.ssl_channel_credentials(public.read_bytes())
    secure: Any = grpc.aio.secure_channel(f"127.0.0.1:{echo.port}", credentials)
    async with secure as channel:
        assert await channel.unary_unary("/test.Echo/Now")(bytes(4_000_000)) == bytes(4_000_000)
        call = channel.unary_stream("/test.Echo/Count")(b"20 100000")
        assert len([message async for message in call]) == 20


async def test_stop_waits_for_calls(serve: Serve) -> None:
    echo = await serve()
    async with connect(echo) as channel:
        running = channel.unary_unary(GATE)(b"done")
        await echo.started.get()
        stopping = asyncio.create_task(echo.server.stop(30))
        await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", echo.port)
        echo.gate.set()
        assert await running == b"done"
        await stopping
    assert echo.server.statistics().connections == 0


async def test_stop_ends_calls_after_the_grace(serve: Serve) -> None:
    echo = await serve()
    async with connect(echo) as channel:
        running = channel.unary_unary(GATE)(b"")
        streaming = channel.stream_stream("/test.Echo/Chat")()
        await streaming.write(b"one")
        assert await streaming.read() == b"one"
        await echo.started.get()
        await echo.server.stop(0.05)
        for call in (running, streaming):
            assert await call.code() == grpc.StatusCode.UNAVAILABLE
        assert {await echo.ended.get(), await echo.ended.get()} == {GATE, "/test.Echo/Chat"}


async def test_stop_refuses_new_calls_and_is_harmless_twice(serve: Serve) -> None:
    echo = await serve()
    async with RawClient(echo.port) as client:
        client.call(1, path=GATE)
        await echo.started.get()
        stopping = asyncio.create_task(echo.server.stop(30))
        assert (await client.find(f.GOAWAY)).payload[:8] == bytes((0, 0, 0, 1, 0, 0, 0, 0))
        client.call(3)
        refused = await client.find(f.RST_STREAM)
        assert (refused.stream, int.from_bytes(refused.payload, "big")) == (3, f.REFUSED_STREAM)
        await echo.server.stop()
        echo.gate.set()
        assert (await client.trailers(1))["grpc-status"] == "0"
        await stopping


async def test_stop_is_not_held_up_by_a_client_that_does_not_read(serve: Serve) -> None:
    echo = await serve()
    async with RawClient(echo.port) as client:
        client.send(f.settings({f.SETTING_INITIAL_WINDOW_SIZE: f.MAX_WINDOW}), f.window_update(0, 1 << 30))
        client.call(1, b"40000000", path="/test.Echo/Zeros")
        await client.next()
        await asyncio.wait_for(echo.server.stop(0.05), 30)
    assert echo.server.statistics().connections == 0


async def test_stop_before_start() -> None:
    await Server().stop(1)


async def test_given_socket_and_shared_port(serve: Serve) -> None:
    one, two = Server(), Server()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        assert await one.start(sock=listening) == listening.getsockname()[1]
        await one.stop()
    port = await one.start("127.0.0.1", 0, reuse_port=True)
    assert await two.start("127.0.0.1", port, reuse_port=True) == port
    await one.stop()
    await two.stop()


async def test_client_keepalive_pings_without_calls(echo: Echo) -> None:
    options = [
        ("grpc.keepalive_time_ms", 20),
        ("grpc.keepalive_timeout_ms", 5000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.min_sent_ping_interval_without_data_ms", 10),
    ]
    pings = asyncio.Queue[None]()
    async with connect(echo, *options) as channel:
        assert await channel.unary_unary("/test.Echo/Now")(b"a") == b"a"
        (connection,) = echo.server.connections
        on_ping = connection._kinds[f.PING]

        def count(flags: int, stream: int, payload: bytes) -> None:
            pings.put_nowait(None)
            on_ping(flags, stream, payload)

        connection._kinds[f.PING] = count
        for _ in range(5):
            await pings.get()
        assert await channel.unary_unary("/test.Echo/Now")(b"b") == b"b"
        assert echo.server.connections == {connection}


async def test_silent_client_is_asked_and_then_dropped(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mattock_engine.wire.server.PING_AFTER", 0.3)
    monkeypatch.setattr("mattock_engine.wire.server.GONE_AFTER", 0.9)
    echo = await serve()
    async with RawClient(echo.port) as client:
        client.call(1, path=GATE)
        for _ in range(3):
            # As long as it answers, it stays.
            asked = await client.find(f.PING)
            client.send(f.ping(asked.payload, ack=True))
        await client.find(f.PING)
        await client.reader.read()
        assert await echo.ended.get() == GATE


async def test_connection_outlives_failed_calls(echo: Echo, channel: Any) -> None:
    for method in ("Refuse", "Break", "None", "Now") * 10:
        call = channel.unary_unary(f"/test.Echo/{method}")(b"x")
        assert (await call.code() == grpc.StatusCode.OK) == (method == "Now")
    assert echo.server.statistics().connections == 1


class Waiting:
    """Stands for a call."""

    deadline: int | None = None


async def test_deadlines_in_order_and_out_of_memory() -> None:
    expired: asyncio.Queue[Waiting] = asyncio.Queue()
    deadlines = Deadlines(asyncio.get_running_loop(), expired.put_nowait)  # type: ignore[arg-type]
    late, early, gone, far, never = (Waiting() for _ in range(5))
    for call, seconds in ((late, 0.1), (far, 5000.0), (gone, 0.03), (early, 0.0), (never, 1e9)):
        deadlines.add(call, seconds)  # type: ignore[arg-type]
    deadlines.discard(gone)  # type: ignore[arg-type]
    assert [await expired.get(), await expired.get()] == [early, late]
    assert never.deadline is None
    assert len(deadlines._buckets) == 1
    deadlines.stop()
