"""The server: methods by path, and the life of its calls."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl as tls
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from .call import Call, StreamHandler
from .connection import Connection
from .header import Request
from .status import RpcError, Status

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
# Seconds between two looks at deadlines and silent connections.
_LOOK_EVERY = 0.25
# A client that was silent for so many seconds is asked for a sign of life; one that gives none is taken for gone.
PING_AFTER = 30.0
GONE_AFTER = 50.0

UnaryHandler = Callable[[bytes, Call], bytes | Awaitable[bytes]]


@dataclass(frozen=True)
class Statistics:
    """Counts since the start."""

    connections: int
    open_calls: int
    calls_started: int
    calls_failed: int


class Server:
    """A gRPC server.

    Args:
        max_message_bytes: of a message that is received.
        authenticate: called for each call before its handler; raises `RpcError` to refuse, else sets `call.state`.
        translate: turns an exception of a handler into an `RpcError`, or returns None for "internal error".
    """

    def __init__(
        self,
        *,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        authenticate: Callable[[Call], None] | None = None,
        translate: Callable[[BaseException], RpcError | None] | None = None,
    ) -> None:
        self.max_message_bytes = max_message_bytes
        self.connections: set[Connection] = set()
        self._authenticate = authenticate
        self._translate = translate
        self._unary: dict[str, UnaryHandler] = {}
        self._streams: dict[str, Callable[[Call], StreamHandler]] = {}
        self._server: asyncio.Server | None = None
        self._look: asyncio.TimerHandle | None = None
        self._deadlines: set[Call] = set()
        self._tasks: set[asyncio.Future[Any]] = set()
        self._now = 0.0
        self._started = 0
        self._failed = 0
        self.loop: asyncio.AbstractEventLoop

    # ---- methods ----

    def unary(self, path: str, handler: UnaryHandler) -> None:
        """Adds a method with one request and one reply.

        The handler gets the request's bytes. Bytes that it returns are sent at once; a future is waited for without
        a task of its own; a coroutine gets a task.
        """
        self._unary[path] = handler

    def stream_callback(self, path: str, open_stream: Callable[[Call], StreamHandler]) -> None:
        """Adds a streaming method: `open_stream` makes the handler of each call. The handler ends the call."""
        self._streams[path] = open_stream

    def stream(self, path: str, handler: Callable[[AsyncIterator[bytes], Call], Awaitable[None]]) -> None:
        """Adds a streaming method as a coroutine: it gets the requests as an iterator; its return ends the call."""
        self.stream_callback(path, lambda call: _TaskStream(self, call, handler))

    # ---- life ----

    async def start(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        ssl: tls.SSLContext | None = None,
        reuse_port: bool = False,
        sock: socket.socket | None = None,
    ) -> int:
        """Starts to listen; returns the port."""
        self.loop = asyncio.get_running_loop()
        if ssl is not None:
            ssl.set_alpn_protocols(["h2"])
        if sock is not None:
            self._server = await self.loop.create_server(lambda: Connection(self), sock=sock, ssl=ssl, backlog=1024)
        else:
            self._server = await self.loop.create_server(
                lambda: Connection(self), host, port, ssl=ssl, reuse_port=reuse_port, backlog=1024
            )
        self._keep_time()
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self, grace: float = 0.0) -> None:
        """Takes no new calls, lets those that run finish for `grace` seconds, then ends them. Harmless twice."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for connection in list(self.connections):
            connection.go_away()
        waiting = [call for connection in self.connections for call in connection.calls.values()]
        if waiting and grace > 0:
            await _all_over(waiting, grace)
        for connection in list(self.connections):
            connection.abort()
        for task in list(self._tasks):
            task.cancel()
        if self._look is not None:
            self._look.cancel()

    def statistics(self) -> Statistics:
        """Counts since the start."""
        open_calls = sum(len(connection.calls) for connection in self.connections)
        return Statistics(len(self.connections), open_calls, self._started, self._failed)

    def now(self) -> float:
        """The loop's time, a quarter of a second old at the most."""
        return self._now

    def _keep_time(self) -> None:
        self._now = self.loop.time()
        for call in [call for call in self._deadlines if call.deadline is not None and call.deadline <= self._now]:
            self._deadlines.discard(call)
            self.fail(call, RpcError(Status.DEADLINE_EXCEEDED, "deadline exceeded"))
        for connection in list(self.connections):
            silent = self._now - connection.heard_at
            if silent > GONE_AFTER and connection.pinged:
                connection.abort()
            elif silent > PING_AFTER and not connection.pinged:
                connection.ping()
        self._look = self.loop.call_later(_LOOK_EVERY, self._keep_time)

    # ---- calls, for connections ----

    def begin(self, call: Call, request: Request) -> None:
        """A call came in. Raises `RpcError` to end it."""
        self._started += 1
        unary = self._unary.get(call.path)
        open_stream = self._streams.get(call.path) if unary is None else None
        if unary is None and open_stream is None:
            raise RpcError(Status.UNIMPLEMENTED, f"unknown method {call.path}")
        if self._authenticate is not None:
            self._authenticate(call)
        if request.timeout is not None:
            call.deadline = self.loop.time() + request.timeout
            self._deadlines.add(call)
            call.add_done_callback(lambda: self._deadlines.discard(call))
        if unary is not None:
            call.on_message = lambda message: self._run_unary(call, unary, message)
        elif open_stream is not None:
            call.stream_handler = handler = open_stream(call)
            call.on_message = handler.on_message

    def half_close(self, call: Call) -> None:
        """The client sends nothing more."""
        if call.stream_handler is not None:
            call.stream_handler.on_half_close()

    def _run_unary(self, call: Call, handler: UnaryHandler, message: bytes) -> None:
        call.on_message = _second_message
        call.half_closed = True
        try:
            reply = handler(message, call)
        except Exception as error:
            self.fail(call, error)
            return
        if isinstance(reply, bytes):
            self._reply(call, reply)
            return
        future = asyncio.ensure_future(reply)
        self._tasks.add(future)
        future.add_done_callback(lambda done: self._on_reply(call, done))
        if not isinstance(reply, asyncio.Future):
            # A coroutine is of no use to a client that has gone.
            call.add_done_callback(partial(_cancel, future))

    def _on_reply(self, call: Call, done: asyncio.Future[bytes]) -> None:
        self._tasks.discard(done)
        if call.closed or done.cancelled():
            if not done.cancelled():
                done.exception()
            return
        error = done.exception()
        if error is not None:
            self.fail(call, error)
        else:
            self._reply(call, done.result())

    def _reply(self, call: Call, reply: bytes) -> None:
        if not call.closed:
            call._connection.reply(call, reply)

    def fail(self, call: Call, error: BaseException) -> None:
        """Ends a call with an error."""
        self._failed += 1
        if isinstance(error, RpcError):
            call.fail(error)
            return
        translated = self._translate(error) if self._translate is not None else None
        if translated is None:
            logger.error("the handler of %s failed", call.path, exc_info=error)
            translated = RpcError(Status.INTERNAL, "internal error")
        call.fail(translated)


def _cancel(future: asyncio.Future[Any]) -> None:
    future.cancel()


def _second_message(message: bytes) -> None:
    raise RpcError(Status.INTERNAL, "a unary call has one message")


async def _all_over(calls: list[Call], grace: float) -> None:
    over = asyncio.Event()
    left = len(calls)

    def one_less() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            over.set()

    for call in calls:
        call.add_done_callback(one_less)
    try:
        async with asyncio.timeout(grace):
            await over.wait()
    except TimeoutError:
        return


class _TaskStream:
    """Runs a coroutine handler for one streaming call."""

    def __init__(
        self, server: Server, call: Call, handler: Callable[[AsyncIterator[bytes], Call], Awaitable[None]]
    ) -> None:
        self._server = server
        self._call = call
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._task = asyncio.ensure_future(self._run(handler))
        server._tasks.add(self._task)
        self._task.add_done_callback(server._tasks.discard)

    async def _run(self, handler: Callable[[AsyncIterator[bytes], Call], Awaitable[None]]) -> None:
        try:
            await handler(self._requests(), self._call)
            self._call.close()
        except asyncio.CancelledError:
            if not self._call.closed:
                self._call.close(Status.CANCELLED, "cancelled")
        except Exception as error:
            self._server.fail(self._call, error)

    async def _requests(self) -> AsyncIterator[bytes]:
        while True:
            message = await self._queue.get()
            if message is None:
                return
            yield message

    def on_message(self, message: bytes) -> None:
        self._queue.put_nowait(message)

    def on_half_close(self) -> None:
        self._queue.put_nowait(None)

    def on_end(self) -> None:
        if not self._task.done():
            self._task.cancel()
