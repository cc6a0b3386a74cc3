"""One call, as its handler sees it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from .limit import STREAM_WINDOW
from .message import MessageReader
from .status import RpcError, Status

if TYPE_CHECKING:
    from .connection import Connection

logger = logging.getLogger(__name__)

# Bytes that may wait for a client before `drain` waits.
HIGH_WATER = 1 << 20


class StreamHandler(Protocol):
    """Takes the messages of a streaming call; made anew for each call. Nothing here may block."""

    def on_message(self, message: bytes) -> None:
        """A message came in. An `RpcError` ends the call."""

    def on_half_close(self) -> None:
        """The client sends nothing more."""

    def on_end(self) -> None:
        """The call is over, by either side. Called once."""


class Call:
    """One call.

    Attributes:
        path: `/service/method`.
        metadata: the client's headers; the same object for identical header blocks.
        state: whatever the authentication put there.
        closed: the call is over.
    """

    __slots__ = (
        "_callbacks",
        "_connection",
        "_drained",
        "closed",
        "deadline",
        "half_closed",
        "headers_sent",
        "metadata",
        "path",
        "pending",
        "reader",
        "receive_window",
        "request",
        "send_window",
        "state",
        "stream_handler",
        "stream_id",
        "task",
        "trailers",
        "unary_handler",
        "withheld",
    )

    def __init__(
        self, connection: Connection, stream_id: int, path: str, metadata: Mapping[str, str], reader: MessageReader
    ) -> None:
        self._connection = connection
        self.stream_id = stream_id
        self.path = path
        self.metadata = metadata
        self.reader = reader
        self.state: Any = None
        self.closed = False
        # The client sends nothing more.
        self.half_closed = False
        self.headers_sent = False
        # The bucket of the deadline.
        self.deadline: int | None = None
        self.send_window = connection.out.initial_window
        self.receive_window = STREAM_WINDOW
        # Bytes that a handler has not taken yet, so that the client gets no room for more.
        self.withheld = 0
        # Bytes that wait for the client's flow-control window, and the trailers that follow them.
        self.pending: bytearray | None = None
        self.trailers: bytes | None = None
        self.unary_handler: UnaryHandler | None = None
        self.request: bytes | None = None
        self.task: asyncio.Future[Any] | None = None
        self.stream_handler: StreamHandler | None = None
        self._callbacks: list[Callable[[], None]] | None = None
        self._drained: asyncio.Future[None] | None = None

    @property
    def peer(self) -> str:
        """The client's address, `host:port`."""
        return self._connection.peer

    @property
    def cancelled(self) -> bool:
        """True once the call is over. `add_done_callback` tells when."""
        return self.closed

    def send(self, message: bytes) -> None:
        """Queues one message for the client. Never blocks; does nothing once the call is over or closed."""
        if not self.closed and self.trailers is None:
            self._connection.out.send_message(self, message)

    async def drain(self) -> None:
        """Waits until what is queued for the client has mostly gone out."""
        while not self.closed and self.pending is not None and len(self.pending) > HIGH_WATER:
            if self._drained is None or self._drained.done():
                self._drained = asyncio.get_running_loop().create_future()
            # Others may wait for the same: one that gives up must not cancel it for them.
            await asyncio.shield(self._drained)

    def close(self, code: Status = Status.OK, message: str = "") -> None:
        """Ends the call, after the messages that are queued."""
        if not self.closed:
            self._connection.out.finish(self, None if code == Status.OK else RpcError(code, message))

    def fail(self, error: RpcError) -> None:
        """Ends the call with an error, after the messages that are queued."""
        if not self.closed:
            self._connection.out.finish(self, error)

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        """Calls back once when the call is over, by either side; at once if it is."""
        if self.closed:
            callback()
            return
        if self._callbacks is None:
            self._callbacks = []
        self._callbacks.append(callback)

    # ---- for the rest of the package ----

    def withhold(self, size: int) -> None:
        """A message waits for its handler."""
        self.withheld += size
        self._connection.incoming.hold(size)

    def release(self, size: int) -> None:
        """The handler took a message: the client may send as much again."""
        if not self.closed:
            self.withheld -= size
            self._connection.incoming.hold(-size)
            if not self.half_closed:
                self._connection.incoming.grant(self)

    def wake(self) -> None:
        """There is room in the outgoing buffer."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def over(self) -> None:
        """The call has ended: tells all who want to know."""
        if self.closed:
            return
        self.closed = True
        self.wake()
        task, self.task = self.task, None
        if task is not None:
            # The reply is of no use to a client that has gone.
            task.cancel()
        callbacks, self._callbacks = self._callbacks, None
        if callbacks is not None:
            for callback in callbacks:
                self._tell(callback)
        if self.stream_handler is not None:
            self._tell(self.stream_handler.on_end)

    def _tell(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception:
            logger.exception("a handler of %s failed at its end", self.path)


UnaryHandler = Callable[[bytes, Call], bytes | Awaitable[bytes]]
