"""What goes to the client of one connection: frames in bursts, within its flow-control windows."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from . import frame as f
from .call import HIGH_WATER, Call
from .header import RESPONSE_HEADERS, TRAILERS_OK, trailers
from .status import RpcError, Status

if TYPE_CHECKING:
    from .server import Server

logger = logging.getLogger(__name__)

# Bytes that may wait for a client that does not read.
MAX_OUTGOING = 64 << 20
# Bytes in the transport from which on no more data is put there.
_TRANSPORT_HIGH_WATER = 1 << 20

_RESPONSE_HEAD = f.head(len(RESPONSE_HEADERS), f.HEADERS, f.END_HEADERS, 0)[:5]
_TRAILERS_OK_HEAD = f.head(len(TRAILERS_OK), f.HEADERS, f.END_HEADERS | f.END_STREAM, 0)[:5]


class Outgoing:
    """The sending half of a connection.

    Attributes:
        calls: those that are open, by stream.
        initial_window: what the client lets a new call send.
    """

    def __init__(self, server: Server, peer: str, transport: asyncio.Transport) -> None:
        self._server = server
        self._peer = peer
        self._transport: asyncio.Transport | None = transport
        transport.set_write_buffer_limits(high=_TRANSPORT_HIGH_WATER)
        self._parts: list[bytes] = []
        self._flush_planned = False
        self._paused = False
        self._window = f.DEFAULT_WINDOW
        self._frame_size = f.FRAME_SIZE
        # Calls with bytes that wait for a window, and how many bytes that are.
        self._waiting: dict[int, Call] = {}
        self._queued = 0
        self.initial_window = f.DEFAULT_WINDOW
        self.calls: dict[int, Call] = {}

    # ---- bytes ----

    def write(self, data: bytes) -> None:
        """Sends frames, together with all else of this turn of the loop."""
        self._parts.append(data)
        if not self._flush_planned:
            self._flush_planned = True
            self._server.loop.call_soon(self.flush)

    def hold_back(self) -> None:
        """Until the next `flush`, which the caller promises, nothing is sent."""
        self._flush_planned = True

    def flush(self) -> None:
        """Sends what was written."""
        self._flush_planned = False
        parts = self._parts
        if not parts:
            return
        self._parts = []
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.write(parts[0] if len(parts) == 1 else b"".join(parts))
            if transport.get_write_buffer_size() > MAX_OUTGOING:
                self._abort_slow()

    def pause(self) -> None:
        """The transport is full."""
        self._paused = True

    def resume(self) -> None:
        """The transport has room."""
        self._paused = False
        self.send_waiting()

    def lost(self) -> None:
        """The connection is gone, or ends: and with it its calls."""
        self._transport = None
        self._parts.clear()
        self._waiting.clear()
        self._queued = 0
        calls = list(self.calls.values())
        self.calls.clear()
        for call in calls:
            self._server.cancelled += 1
            self._forget(call)

    def _abort_slow(self) -> None:
        logger.warning("closing the connection of %s: over %d bytes wait for it to read", self._peer, MAX_OUTGOING)
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    # ---- what the client allows ----

    def change_initial_window(self, size: int) -> bool:
        """The client changed what a call may send. Returns False if that makes a window too large.

        Sends nothing yet: clients hold us to the old windows until they have our acknowledgement.
        """
        change = size - self.initial_window
        self.initial_window = size
        for call in self.calls.values():
            call.send_window += change
            if call.send_window > f.MAX_WINDOW:
                return False
        return True

    def change_frame_size(self, size: int) -> None:
        """The client changed how large a frame may be."""
        self._frame_size = size

    def widen(self, size: int) -> bool:
        """The client lets the connection send more. Returns False if that is too much."""
        self._window += size
        self.send_waiting()
        return self._window <= f.MAX_WINDOW

    def widen_call(self, call: Call, size: int) -> bool:
        """The client lets a call send more. Returns False if that is too much."""
        call.send_window += size
        if call.pending and call.send_window <= f.MAX_WINDOW:
            self._send(call)
        return call.send_window <= f.MAX_WINDOW

    # ---- calls ----

    def reply(self, call: Call, message: bytes) -> None:
        """Answers a unary call: headers, message, trailers, in one go when the windows allow it."""
        if call.trailers is not None:
            return
        size = len(message) + 5
        if (
            size > self._window
            or size > call.send_window
            or size > self._frame_size
            or self._paused
            or call.headers_sent
        ):
            self.send_message(call, message)
            if not call.closed:
                self.finish(call, None)
            return
        self._window -= size
        stream = call.stream_id.to_bytes(4, "big")
        self.write(
            b"".join(
                (
                    _RESPONSE_HEAD,
                    stream,
                    RESPONSE_HEADERS,
                    size.to_bytes(3, "big"),
                    b"\x00\x00",
                    stream,
                    b"\x00",
                    len(message).to_bytes(4, "big"),
                    message,
                    _TRAILERS_OK_HEAD,
                    stream,
                    TRAILERS_OK,
                )
            )
        )
        self._forget(call)

    def send_message(self, call: Call, message: bytes) -> None:
        """Sends a message of a call, or queues it until the windows allow it."""
        stream = call.stream_id.to_bytes(4, "big")
        if not call.headers_sent:
            call.headers_sent = True
            self.write(_RESPONSE_HEAD + stream + RESPONSE_HEADERS)
        length = len(message)
        size = length + 5
        if (
            not call.pending
            and not self._paused
            and size <= self._window
            and size <= call.send_window
            and size <= self._frame_size
        ):
            self._window -= size
            call.send_window -= size
            self.write(
                b"".join((size.to_bytes(3, "big"), b"\x00\x00", stream, b"\x00", length.to_bytes(4, "big"), message))
            )
            return
        if call.pending is None:
            call.pending = bytearray()
        call.pending += b"\x00" + length.to_bytes(4, "big")
        call.pending += message
        self._queued += size
        self._waiting[call.stream_id] = call
        self._send(call)
        if self._queued > MAX_OUTGOING:
            self._too_much(call)

    def finish(self, call: Call, error: RpcError | None, *, drop: bool = False) -> None:
        """Ends a call: trailers after what is pending, or in its stead if it is to be dropped."""
        if call.closed:
            return
        if call.trailers is not None:
            if drop:
                self.reset(call, f.CANCEL)
            return
        if error is not None:
            self._server.failed += 1
        if drop and call.pending:
            self._queued -= len(call.pending)
            call.pending.clear()
        block = TRAILERS_OK if error is None else trailers(error)
        # Without a message before them, headers and trailers are one.
        call.trailers = block if call.headers_sent else RESPONSE_HEADERS + block
        if not call.pending:
            self._send_trailers(call)

    def reset(self, call: Call, code: int) -> None:
        """Ends a call with an error of HTTP/2."""
        self._server.failed += 1
        self.write(f.rst_stream(call.stream_id, code))
        self._forget(call)

    def cancelled(self, stream: int) -> None:
        """The client ended a call."""
        call = self.calls.get(stream)
        if call is not None:
            self._server.cancelled += 1
            self._forget(call)

    def _forget(self, call: Call) -> None:
        self.calls.pop(call.stream_id, None)
        if call.pending is not None:
            if self._waiting.pop(call.stream_id, None) is not None:
                self._queued -= len(call.pending)
            call.pending = None
        if call.deadline is not None:
            self._server.deadlines.discard(call)
        if call.withheld:
            call._connection.incoming.hold(-call.withheld)
            call.withheld = 0
        if call.reader.buffered:
            call._connection.incoming.hold(-call.reader.buffered)
        call.over()

    def _too_much(self, call: Call) -> None:
        """Over the bound: ends the call that is to blame, or the connection if no single one is."""
        if call.pending is not None and len(call.pending) > MAX_OUTGOING // 2:
            text = f"the client does not read: over {MAX_OUTGOING} bytes wait for it"
            self.finish(call, RpcError(Status.RESOURCE_EXHAUSTED, text), drop=True)
        else:
            self._abort_slow()

    def _send(self, call: Call) -> None:
        """Sends what the windows allow of a call's pending bytes."""
        while self._send_frame(call):
            pass

    def send_waiting(self) -> None:
        """Sends what the windows allow of all calls, a frame of each in turn."""
        more = True
        while more and self._waiting:
            more = False
            for call in list(self._waiting.values()):
                if not call.closed and self._send_frame(call):
                    more = True

    def _send_frame(self, call: Call) -> bool:
        """Sends one frame of a call's pending bytes; after the last, the trailers if they are due."""
        pending = call.pending
        if not pending or self._paused:
            return False
        size = min(self._window, call.send_window, self._frame_size, len(pending))
        if size <= 0:
            return False
        self.write(f.head(size, f.DATA, 0, call.stream_id) + pending[:size])
        del pending[:size]
        self._window -= size
        call.send_window -= size
        self._queued -= size
        if len(pending) <= HIGH_WATER:
            call.wake()
        if not pending:
            del self._waiting[call.stream_id]
            if call.trailers is not None:
                self._send_trailers(call)
        return True

    def _send_trailers(self, call: Call) -> None:
        block = call.trailers
        assert block is not None
        at, stream = 0, call.stream_id
        kind, flags = f.HEADERS, f.END_STREAM
        while len(block) - at > self._frame_size:
            self.write(f.head(self._frame_size, kind, flags, stream) + block[at : at + self._frame_size])
            at += self._frame_size
            kind, flags = f.CONTINUATION, 0
        self.write(f.head(len(block) - at, kind, flags | f.END_HEADERS, stream) + block[at:])
        if not call.half_closed:
            # The client may stop sending: nobody listens.
            self.write(f.rst_stream(stream, f.NO_ERROR))
        self._forget(call)
