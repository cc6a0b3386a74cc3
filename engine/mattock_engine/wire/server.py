"""The server: methods by path, and the life of its calls."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl as tls
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from .call import Call, StreamHandler, UnaryHandler
from .connection import Connection
from .deadline import Deadlines
from .header import Request
from .status import RpcError, Status
from .stream import StreamCoroutine, TaskStream

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
# Seconds between two looks at the connections.
_LOOK_EVERY = 0.25
# A client that was silent for so many seconds is asked for a sign of life; one that gives none is taken for gone.
PING_AFTER = 30.0
GONE_AFTER = 50.0
# Seconds for what was written last to go out, before a connection that closes is cut.
CLOSE_WITHIN = 5.0
# The same when the server stops, and for handlers to clean up.
_STOP_WITHIN = 1.0


@dataclass(frozen=True)
class Statistics:
    """Counts.

    Attributes:
        connections: open now.
        open_calls: running now.
        calls_started: since the start.
        calls_failed: of these, ended with another status than OK.
        calls_cancelled: of these, ended by the client or with its connection.
    """

    connections: int
    open_calls: int
    calls_started: int
    calls_failed: int
    calls_cancelled: int


class Server:
    """A gRPC server.

    Args:
        max_message_bytes: of a message that is received.
        authenticate: called for each call before its handler; raises `RpcError` to refuse, else sets `call.state`.
        translate: turns an exception of a handler into an `RpcError`, or returns None for "internal error".
    """

    loop: asyncio.AbstractEventLoop
    deadlines: Deadlines

    def __init__(
        self,
        *,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        authenticate: Callable[[Call], None] | None = None,
        translate: Callable[[BaseException], RpcError | None] | None = None,
    ) -> None:
        self.max_message_bytes = max_message_bytes
        self.connections: set[Connection] = set()
        self.failed = 0
        self.cancelled = 0
        self._started = 0
        self._authenticate = authenticate
        self._translate = translate
        self._unary: dict[str, UnaryHandler] = {}
        self._streams: dict[str, Callable[[Call], StreamHandler]] = {}
        self._server: asyncio.Server | None = None
        self._look: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._all_gone: asyncio.Event | None = None
        self._now = 0.0

    # ---- methods ----

    def unary(self, path: str, handler: UnaryHandler) -> None:
        """Adds a method with one request and one reply.

        The handler gets the request's bytes. Bytes that it returns are sent at once; a future is waited for without
        a task of its own; a coroutine gets a task, which is cancelled when the client gives up.
        """
        self._unary[path] = handler

    def stream_callback(self, path: str, open_stream: Callable[[Call], StreamHandler]) -> None:
        """Adds a streaming method: `open_stream` makes the handler of each call. The handler ends the call."""
        self._streams[path] = open_stream

    @property
    def paths(self) -> tuple[str, ...]:
        """The methods it knows."""
        return (*self._unary, *self._streams)

    def stream(self, path: str, handler: StreamCoroutine) -> None:
        """Adds a streaming method as a coroutine: it gets the requests as an iterator; its return ends the call.

        What the client may send ahead is bounded: it gets room for more as the handler takes its messages.
        """
        self.stream_callback(path, lambda call: TaskStream(self, call, handler))

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
        """Starts to listen.

        Args:
            host: address to listen at; unused with `sock`.
            port: 0 for a free one.
            ssl: for TLS; it is set to offer HTTP/2.
            reuse_port: lets other processes listen at the same port.
            sock: a bound socket to listen at instead.

        Returns:
            The port.

        Raises:
            OSError: the address cannot be listened at.
        """
        self.loop = asyncio.get_running_loop()
        self.deadlines = Deadlines(self.loop, self._expire)
        self._now = self.loop.time()
        if ssl is not None:
            ssl.set_alpn_protocols(["h2"])
        if sock is not None:
            self._server = await self.loop.create_server(lambda: Connection(self), sock=sock, ssl=ssl, backlog=1024)
        else:
            self._server = await self.loop.create_server(
                lambda: Connection(self), host, port, ssl=ssl, reuse_port=reuse_port, backlog=1024
            )
        self._look_around()
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
        running = self._calls()
        if running and grace > 0:
            await _all_over(running, grace)
        for call in self._calls():
            call._connection.out.finish(call, RpcError(Status.UNAVAILABLE, "the server is stopping"), drop=True)
        for connection in list(self.connections):
            connection.close()
        await self._wait_for_ends()
        self.deadlines.stop()
        if self._look is not None:
            self._look.cancel()

    async def _wait_for_ends(self) -> None:
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=_STOP_WITHIN)
        if self.connections:
            self._all_gone = asyncio.Event()
            try:
                async with asyncio.timeout(_STOP_WITHIN):
                    await self._all_gone.wait()
            except TimeoutError:
                for connection in list(self.connections):
                    connection.abort()

    def statistics(self) -> Statistics:
        """Counts, now and since the start."""
        return Statistics(len(self.connections), len(self._calls()), self._started, self.failed, self.cancelled)

    def now(self) -> float:
        """The loop's time, a quarter of a second old at the most."""
        return self._now

    def _calls(self) -> list[Call]:
        return [call for connection in self.connections for call in connection.out.calls.values()]

    def _look_around(self) -> None:
        self._now = now = self.loop.time()
        for connection in list(self.connections):
            silent = now - connection.heard_at
            if connection.closing_at is not None:
                if now - connection.closing_at > CLOSE_WITHIN:
                    connection.abort()
            elif silent > GONE_AFTER and connection.pinged:
                connection.abort()
            elif silent > PING_AFTER and not connection.pinged:
                connection.ping()
        self._look = self.loop.call_later(_LOOK_EVERY, self._look_around)

    def _expire(self, call: Call) -> None:
        if not call.closed:
            call._connection.out.finish(call, RpcError(Status.DEADLINE_EXCEEDED, "deadline exceeded"), drop=True)

    # ---- calls, for the rest of the package ----

    def connection_lost(self, connection: Connection) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        if not self.connections and self._all_gone is not None:
            self._all_gone.set()

    def begin(self, call: Call, request: Request) -> None:
        """A call came in. Raises to end it."""
        self._started += 1
        path = call.path
        unary = self._unary.get(path)
        open_stream = None
        if unary is None:
            open_stream = self._streams.get(path)
            if open_stream is None:
                raise RpcError(Status.UNIMPLEMENTED, f"unknown method {path}")
        if self._authenticate is not None:
            self._authenticate(call)
        if request.timeout is not None:
            self.deadlines.add(call, request.timeout)
        if open_stream is None:
            call.unary_handler = unary
        else:
            handler = open_stream(call)
            call.stream_handler = handler
            if call.closed:
                # It ended the call before it could be told of the end.
                handler.on_end()

    def half_close(self, call: Call) -> None:
        """The client sends nothing more: a unary call has its request now. Raises to end the call."""
        if call.stream_handler is not None:
            call.stream_handler.on_half_close()
            return
        handler, message = call.unary_handler, call.request
        if handler is None or call.trailers is not None:
            return
        if message is None:
            raise RpcError(Status.INTERNAL, "a unary call has one message, none came")
        call.request = None
        reply = handler(message, call)
        if isinstance(reply, bytes):
            if not call.closed:
                call._connection.out.reply(call, reply)
            return
        if not isinstance(reply, asyncio.Future):
            if isinstance(reply, Coroutine):
                reply = call.task = self.run_task(reply)
                if call.closed:
                    reply.cancel()
            else:
                reply = asyncio.ensure_future(reply)
        reply.add_done_callback(partial(self._on_reply, call))

    def run_task(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs a coroutine for a call, and keeps hold of it."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _on_reply(self, call: Call, done: asyncio.Future[bytes]) -> None:
        call.task = None
        if done.cancelled():
            call.close(Status.CANCELLED, "cancelled")
            return
        error = done.exception()
        if error is not None:
            self.fail(call, error)
        elif not call.closed:
            reply = done.result()
            if isinstance(reply, bytes):
                call._connection.out.reply(call, reply)
            else:
                self.fail(call, TypeError(f"the handler returned {type(reply).__name__}, not bytes"))

    def fail(self, call: Call, error: BaseException) -> None:
        """Ends a call with the error of its handler."""
        if isinstance(error, RpcError):
            call.fail(error)
            return
        translated = self._translate(error) if self._translate is not None else None
        if translated is None:
            logger.error("the handler of %s failed", call.path, exc_info=error)
            translated = RpcError(Status.INTERNAL, "internal error")
        call.fail(translated)


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
