"""One call, as its handler sees it."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from .status import RpcError, Status

if TYPE_CHECKING:
    from .connection import Connection

_GZIP = 31


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
    """

    __slots__ = (
        "_buffer",
        "_callbacks",
        "_connection",
        "_drained",
        "_limit",
        "closed",
        "deadline",
        "encoding",
        "half_closed",
        "headers_sent",
        "metadata",
        "on_message",
        "path",
        "pending",
        "receive_credit",
        "send_window",
        "state",
        "stream_handler",
        "stream_id",
        "trailers",
    )

    def __init__(
        self, connection: Connection, stream_id: int, path: str, metadata: Mapping[str, str], encoding: str, limit: int
    ) -> None:
        self._connection = connection
        self._limit = limit
        self.stream_id = stream_id
        self.path = path
        self.metadata = metadata
        self.encoding = encoding
        self.state: Any = None
        self.closed = False
        self.half_closed = False
        self.headers_sent = False
        self.deadline: float | None = None
        self.send_window = connection.peer_initial_window
        self.receive_credit = 0
        # Bytes that wait for the client's flow-control window, and the trailers that follow them.
        self.pending: bytearray | None = None
        self.trailers: bytes | None = None
        self.stream_handler: StreamHandler | None = None
        self.on_message: Callable[[bytes], None] | None = None
        self._buffer: bytearray | None = None
        self._callbacks: list[Callable[[], None]] | None = None
        self._drained: asyncio.Future[None] | None = None

    @property
    def peer(self) -> str:
        """The client's address."""
        return self._connection.peer

    @property
    def cancelled(self) -> bool:
        """True once the call is over."""
        return self.closed

    def send(self, message: bytes) -> None:
        """Queues one message for the client. Never blocks; does nothing once the call is over."""
        if not self.closed:
            self._connection.send_message(self, message)

    async def drain(self) -> None:
        """Waits until what is queued for the client has mostly gone out."""
        while not self.closed and self.pending is not None and len(self.pending) > self._connection.high_water:
            if self._drained is None or self._drained.done():
                self._drained = asyncio.get_running_loop().create_future()
            await self._drained

    def close(self, code: Status = Status.OK, message: str = "") -> None:
        """Ends the call."""
        if not self.closed:
            self._connection.finish(self, None if code == Status.OK else RpcError(code, message))

    def fail(self, error: RpcError) -> None:
        """Ends the call with an error."""
        if not self.closed:
            self._connection.finish(self, error)

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        """Calls back once when the call is over, by either side; at once if it is."""
        if self.closed:
            callback()
            return
        if self._callbacks is None:
            self._callbacks = []
        self._callbacks.append(callback)

    # ---- for the connection ----

    def wake(self) -> None:
        """Room in the outgoing buffer."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def over(self) -> None:
        """The call has ended: tells all who want to know."""
        if self.closed:
            return
        self.closed = True
        self.pending = None
        self.wake()
        callbacks, self._callbacks = self._callbacks, None
        for callback in callbacks or ():
            callback()
        if self.stream_handler is not None:
            self.stream_handler.on_end()

    def receive(self, data: bytes) -> None:
        """Takes bytes of the request; hands on each whole message."""
        if self._buffer is not None:
            self._buffer += data
            data = bytes(self._buffer)
            self._buffer = None
        at, size = 0, len(data)
        while size - at >= 5 and not self.closed:
            length = int.from_bytes(data[at + 1 : at + 5], "big")
            if length > self._limit:
                raise RpcError(
                    Status.RESOURCE_EXHAUSTED, f"received message larger than max ({length} vs. {self._limit})"
                )
            end = at + 5 + length
            if end > size:
                break
            message = data[at + 5 : end]
            if data[at]:
                message = self._decompress(message)
            at = end
            assert self.on_message is not None
            self.on_message(message)
        if at < size and not self.closed:
            self._buffer = bytearray(data[at:])

    def _decompress(self, message: bytes) -> bytes:
        if self.encoding not in ("gzip", "deflate"):
            raise RpcError(Status.UNIMPLEMENTED, f"grpc-encoding: {self.encoding!r} is not supported, expected gzip")
        inflater = zlib.decompressobj(_GZIP if self.encoding == "gzip" else zlib.MAX_WBITS)
        try:
            plain = inflater.decompress(message, self._limit + 1)
        except zlib.error as error:
            raise RpcError(Status.INTERNAL, f"message is not valid {self.encoding}: {error}") from error
        if len(plain) > self._limit:
            raise RpcError(Status.RESOURCE_EXHAUSTED, f"received message larger than max (over {self._limit})")
        return plain
