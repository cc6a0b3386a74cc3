"""One HTTP/2 connection: the frames of the client, and the limits against its abuse."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from . import frame as f
from .incoming import Incoming
from .limit import CONNECTION_WINDOW, MAX_STREAMS, STREAM_WINDOW, Patience
from .outgoing import Outgoing

if TYPE_CHECKING:
    from .server import Server

logger = logging.getLogger(__name__)

_HELLO = f.settings(
    {
        f.SETTING_MAX_CONCURRENT_STREAMS: MAX_STREAMS,
        f.SETTING_INITIAL_WINDOW_SIZE: STREAM_WINDOW,
        f.SETTING_MAX_HEADER_LIST_SIZE: 64 * 1024,
    }
) + f.window_update(0, CONNECTION_WINDOW - f.DEFAULT_WINDOW)

_NO_HTTP1 = b"This port speaks gRPC (HTTP/2).\n"


class Connection(asyncio.Protocol):
    """A client's connection.

    Attributes:
        out: the sending half, with the open calls.
        incoming: the receiving half.
        peer: the client's address, `host:port`.
        heard_at: when the client sent something last, in the loop's time.
        pinged: it was asked for a sign of life since.
        closing_at: when the connection began to close; None while it is open.
    """

    out: Outgoing
    incoming: Incoming
    _patience: Patience
    _kinds: dict[int, Callable[[int, int, bytes], None]]

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._greeted = False
        self._settings_seen = False
        self.peer = ""
        self.heard_at = 0.0
        self.pinged = False
        self.closing_at: float | None = None

    # ---- transport ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast(asyncio.Transport, transport)
        address = transport.get_extra_info("peername")
        self.peer = f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address or "")
        self.out = Outgoing(self._server, self.peer, self._transport)
        self._patience = Patience(self._server.now)
        self.incoming = Incoming(self._server, self, self.out, self._patience)
        self._kinds = {
            f.DATA: self.incoming.on_data,
            f.HEADERS: self.incoming.on_headers,
            f.PRIORITY: self._on_priority,
            f.RST_STREAM: self.incoming.on_reset,
            f.SETTINGS: self._on_settings,
            f.PUSH_PROMISE: self._on_push,
            f.PING: self._on_ping,
            f.GOAWAY: self._on_goaway,
            f.WINDOW_UPDATE: self._on_window_update,
            f.CONTINUATION: self.incoming.on_continuation,
        }
        self._server.connections.add(self)
        self.heard_at = self._server.now()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone: so are its calls."""
        self._transport = None
        self._server.connection_lost(self)
        self.out.lost()

    def pause_writing(self) -> None:
        """The transport is full."""
        self.out.pause()

    def resume_writing(self) -> None:
        """The transport has room."""
        self.out.resume()

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self.closing_at is not None:
            return
        self.heard_at = self._server.now()
        self.pinged = False
        if self._buffer:
            data = self._buffer + data
        self.out.hold_back()
        try:
            self._buffer = self._take_frames(data)
        except f.ConnectionFault as fault:
            self._end(fault.code, str(fault))
        except Exception:
            logger.exception("a frame of %s could not be handled", self.peer)
            self._end(f.INTERNAL_ERROR, "internal error")
        finally:
            self.out.flush()

    def _take_frames(self, data: bytes) -> bytes:
        at, size = 0, len(data)
        if not self._greeted:
            if not f.PREFACE.startswith(data[: len(f.PREFACE)]):
                self._refuse_http1()
                return b""
            if size < len(f.PREFACE):
                return data
            self._greeted = True
            self.out.write(_HELLO)
            at = len(f.PREFACE)
        unpack, kinds = f.HEAD.unpack_from, self._kinds
        while size - at >= f.HEAD_SIZE and self.closing_at is None:
            high, low, kind, flags, stream = unpack(data, at)
            length = high << 8 | low
            if length > f.FRAME_SIZE:
                raise f.ConnectionFault(f.FRAME_SIZE_ERROR, f"frame larger than {f.FRAME_SIZE} bytes")
            start = at + f.HEAD_SIZE
            end = start + length
            if end > size:
                break
            if self.incoming.in_block and kind != f.CONTINUATION:
                raise f.ConnectionFault(f.PROTOCOL_ERROR, "a header block was interrupted")
            if not self._settings_seen and kind != f.SETTINGS:
                raise f.ConnectionFault(f.PROTOCOL_ERROR, "settings must come first")
            handler = kinds.get(kind)
            if handler is not None:
                handler(flags, stream & f.MAX_WINDOW, data[start:end])
            else:
                self._patience.spend()
            at = end
        return data[at:] if self.closing_at is None else b""

    def _refuse_http1(self) -> None:
        self.out.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\n"
            b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(_NO_HTTP1), _NO_HTTP1)
        )
        self._hang_up()

    def _end(self, code: int, text: str) -> None:
        """Ends the connection with an error code."""
        self.out.write(f.goaway(self.incoming.last_stream, code, text.encode()[:200]))
        self._hang_up()

    def _hang_up(self) -> None:
        """Says no more, but goes on reading for a while: to close on unread bytes would lose our last words."""
        if self.closing_at is None and self._transport is not None and self._transport.can_write_eof():
            self._leave()
            self._transport.write_eof()
        else:
            self.close()

    def close(self) -> None:
        """Ends the connection and its calls, once what was written has gone out."""
        if self.closing_at is None:
            self._leave()
        if self._transport is not None:
            self._transport.close()

    def _leave(self) -> None:
        self.closing_at = self._server.loop.time()
        self._buffer = b""
        self.out.flush()
        self.out.lost()

    def abort(self) -> None:
        """Ends the connection now."""
        if self._transport is not None:
            self._transport.abort()

    def go_away(self) -> None:
        """Takes no more calls; those that run may finish."""
        self.incoming.going_away = True
        self.out.write(f.goaway(self.incoming.last_stream, f.NO_ERROR))

    def ping(self) -> None:
        """Asks whether the client is there."""
        self.pinged = True
        if self._greeted:
            self.out.write(f.ping(b"mattock!", ack=False))

    # ---- frames about the connection ----

    def _on_settings(self, flags: int, stream: int, payload: bytes) -> None:
        if stream:
            raise f.ConnectionFault(f.PROTOCOL_ERROR, "settings of a stream")
        if len(payload) % 6 or (flags & f.ACK and payload):
            raise f.ConnectionFault(f.FRAME_SIZE_ERROR, "malformed settings")
        self._settings_seen = True
        self._patience.spend()
        if flags & f.ACK:
            return
        # Our header blocks use no dynamic table, so its size is as the client likes.
        for key, value in f.parse_settings(payload):
            if key == f.SETTING_INITIAL_WINDOW_SIZE:
                if value > f.MAX_WINDOW or not self.out.change_initial_window(value):
                    raise f.ConnectionFault(f.FLOW_CONTROL_ERROR, "window too large")
            elif key == f.SETTING_MAX_FRAME_SIZE:
                if not f.FRAME_SIZE <= value < 1 << 24:
                    raise f.ConnectionFault(f.PROTOCOL_ERROR, "frame size out of range")
                self.out.change_frame_size(value)
            elif key == f.SETTING_ENABLE_PUSH and value > 1:
                raise f.ConnectionFault(f.PROTOCOL_ERROR, "push is 0 or 1")
        self.out.write(f.SETTINGS_ACK)
        self.out.send_waiting()

    def _on_ping(self, flags: int, stream: int, payload: bytes) -> None:
        if stream:
            raise f.ConnectionFault(f.PROTOCOL_ERROR, "ping of a stream")
        if len(payload) != 8:
            raise f.ConnectionFault(f.FRAME_SIZE_ERROR, "malformed ping")
        self._patience.spend()
        if not flags & f.ACK:
            self.out.write(f.ping(payload, ack=True))

    def _on_goaway(self, flags: int, stream: int, payload: bytes) -> None:
        if stream:
            raise f.ConnectionFault(f.PROTOCOL_ERROR, "goaway of a stream")
        if len(payload) < 8:
            raise f.ConnectionFault(f.FRAME_SIZE_ERROR, "malformed goaway")
        self._patience.spend()

    def _on_push(self, flags: int, stream: int, payload: bytes) -> None:
        raise f.ConnectionFault(f.PROTOCOL_ERROR, "a client cannot push")

    def _on_priority(self, flags: int, stream: int, payload: bytes) -> None:
        if not stream:
            raise f.ConnectionFault(f.PROTOCOL_ERROR, "priority of no stream")
        if len(payload) != 5:
            raise f.ConnectionFault(f.FRAME_SIZE_ERROR, "malformed priority")
        self._patience.spend()

    def _on_window_update(self, flags: int, stream: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise f.ConnectionFault(f.FRAME_SIZE_ERROR, "malformed window update")
        increment = int.from_bytes(payload, "big") & f.MAX_WINDOW
        if stream == 0:
            if increment == 0:
                raise f.ConnectionFault(f.PROTOCOL_ERROR, "window update of nothing")
            if not self.out.widen(increment):
                raise f.ConnectionFault(f.FLOW_CONTROL_ERROR, "window too large")
        else:
            self.incoming.on_window_update(stream, increment)
