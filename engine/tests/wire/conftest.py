"""A server for each test, on a free port, and the published clients to call it with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc
import grpc.aio
import pytest
import uvloop
from mattock_engine.wire import Call, RpcError, Server, Status

GATE = "/test.Echo/Gate"


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Every test runs on both loops."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Echo:
    """A server with a method for each kind of call.

    Attributes:
        gate: what the method `Gate` waits for; a test opens it.
        ended: the paths of calls whose handler saw the end, as they end.
        port: where it listens.
    """

    def __init__(self, **options: Any) -> None:
        self.server = Server(**options)
        self.gate = asyncio.Event()
        self.started: asyncio.Queue[Call] = asyncio.Queue()
        self.ended: asyncio.Queue[str] = asyncio.Queue()
        self.port = 0
        self.server.unary("/test.Echo/Now", lambda message, call: message)
        self.server.unary("/test.Echo/Task", self._later)
        self.server.unary("/test.Echo/Future", self._future)
        self.server.unary("/test.Echo/Size", lambda message, call: len(message).to_bytes(8, "big"))
        self.server.unary("/test.Echo/Zeros", lambda message, call: bytes(int(message)))
        self.server.unary("/test.Echo/Metadata", self._metadata)
        self.server.unary("/test.Echo/Refuse", self._refuse)
        self.server.unary("/test.Echo/Break", self._break)
        self.server.unary(GATE, self._gate)
        self.server.stream("/test.Echo/Count", self._count)
        self.server.stream("/test.Echo/Chat", self._chat)
        self.server.stream("/test.Echo/Deaf", self._deaf)
        self.server.stream_callback("/test.Echo/Callback", lambda call: CallbackChat(self, call))

    async def _later(self, message: bytes, call: Call) -> bytes:
        await asyncio.sleep(0)
        return message

    def _future(self, message: bytes, call: Call) -> asyncio.Future[bytes]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes] = loop.create_future()
        loop.call_soon(future.set_result, message)
        return future

    def _metadata(self, message: bytes, call: Call) -> bytes:
        return call.metadata.get(message.decode(), "").encode()

    def _refuse(self, message: bytes, call: Call) -> bytes:
        raise RpcError(Status.FAILED_PRECONDITION, message.decode(), details=b"\x00details\xff")

    def _break(self, message: bytes, call: Call) -> bytes:
        raise ZeroDivisionError("a secret")

    async def _gate(self, message: bytes, call: Call) -> bytes:
        call.add_done_callback(lambda: self.ended.put_nowait(call.path))
        self.started.put_nowait(call)
        await self.gate.wait()
        return message

    async def _count(self, requests: AsyncIterator[bytes], call: Call) -> None:
        count, size = map(int, (await anext(requests)).split())
        for number in range(count):
            call.send(number.to_bytes(4, "big") + bytes(size))
            await call.drain()

    async def _chat(self, requests: AsyncIterator[bytes], call: Call) -> None:
        self.started.put_nowait(call)
        try:
            async for message in requests:
                if message == b"stop":
                    raise RpcError(Status.OUT_OF_RANGE, "stopped")
                call.send(message)
        finally:
            self.ended.put_nowait(call.path)

    async def _deaf(self, requests: AsyncIterator[bytes], call: Call) -> None:
        self.started.put_nowait(call)
        await self.gate.wait()
        total = 0
        async for message in requests:
            total += len(message)
        call.send(total.to_bytes(8, "big"))


class CallbackChat:
    """Echoes without a task."""

    def __init__(self, echo: Echo, call: Call) -> None:
        self._echo = echo
        self._call = call
        echo.started.put_nowait(call)

    def on_message(self, message: bytes) -> None:
        """A message came in."""
        if message == b"stop":
            raise RpcError(Status.OUT_OF_RANGE, "stopped")
        self._call.send(message)

    def on_half_close(self) -> None:
        """The client sends nothing more."""
        self._call.close()

    def on_end(self) -> None:
        """The call is over."""
        self._echo.ended.put_nowait(self._call.path)


Serve = Callable[..., Awaitable[Echo]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts servers, and stops them after the test."""
    running: list[Echo] = []

    async def start(*, ssl: Any = None, **options: Any) -> Echo:
        echo = Echo(**options)
        echo.port = await echo.server.start("127.0.0.1", 0, ssl=ssl)
        running.append(echo)
        return echo

    yield start
    for echo in running:
        await echo.server.stop(0)


@pytest.fixture
async def echo(serve: Serve) -> Echo:
    """A server."""
    return await serve()


@pytest.fixture
async def channel(echo: Echo) -> AsyncIterator[Any]:
    """A client's channel to it."""
    async with connect(echo) as channel:
        yield channel


def connect(echo: Echo, *options: tuple[str, Any], **more: Any) -> Any:
    """A channel of its own: not one that the C core shares."""
    everything = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1), *options]
    return grpc.aio.insecure_channel(f"127.0.0.1:{echo.port}", options=everything, **more)


def connect_sync(echo: Echo, *options: tuple[str, Any]) -> Any:
    """The same for the blocking client."""
    everything = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1), *options]
    return grpc.insecure_channel(f"127.0.0.1:{echo.port}", options=everything)
