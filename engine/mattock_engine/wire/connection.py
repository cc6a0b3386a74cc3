"""One HTTP/2 connection: frames in, frames out, flow control, limits against abuse."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from hpack.exceptions import HPACKError

from . import frame as f
from .call import Call
from .header import RESPONSE_HEADERS, TRAILERS_OK, HeaderDecoder, Request, literal, trailers
from .status import RpcError, Status

if TYPE_CHECKING:
    from .server import Server

logger = logging.getLogger(__name__)

# What we let a client send before it hears from us, for the connection and for one call.
CONNECTION_WINDOW = 16 << 20
STREAM_WINDOW = 8 << 20
MAX_STREAMS = 10_000
MAX_HEADER_BLOCK = 128 * 1024
# Calls that a client may reset, and settings or pings that it may send, in one second before it is sent away.
MAX_NUISANCE = 2_000
# Bytes that may wait for a client that does not read.
MAX_OUTGOING = 64 << 20

_RESPONSE_HEAD = f.head(len(RESPONSE_HEADERS), f.HEADERS, f.END_HEADERS, 0)[:5]
_TRAILERS_OK_HEAD = f.head(len(TRAILERS_OK), f.HEADERS, f.END_HEADERS | f.END_STREAM, 0)[:5]


class ConnectionFault(Exception):
    """The client broke the protocol; the connection ends with this error code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Connection(asyncio.Protocol):
    """A client's connection."""

    high_water = 1 << 20

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._preface_seen = False
        self._headers = HeaderDecoder()
        self._block: tuple[int, int, bytearray] | None = None
        self._out: list[bytes] = []
        self._flush_planned = False
        self._send_window = f.DEFAULT_WINDOW
        self._receive_credit = 0
        self._last_stream = 0
        self._going_away = False
        self._nuisance = 0
        self._nuisance_second = 0
        self.peer_initial_window = f.DEFAULT_WINDOW
        self._peer_frame_size = f.FRAME_SIZE
        self.calls: dict[int, Call] = {}
        self.peer = ""
        self.heard_at = 0.0
        self.pinged = False
        self._kinds = {
            f.DATA: self._on_data,
            f.HEADERS: self._on_headers,
            f.PRIORITY: self._ignore,
            f.RST_STREAM: self._on_reset,
            f.SETTINGS: self._on_settings,
            f.PING: self._on_ping,
            f.GOAWAY: self._ignore,
            f.WINDOW_UPDATE: self._on_window_update,
            f.CONTINUATION: self._on_continuation,
        }

    # ---- transport ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast(asyncio.Transport, transport)
        self.peer = str(transport.get_extra_info("peername") or "")
        self._server.connections.add(self)
        self.heard_at = self._server.now()
        self._write(
            f.settings(
                {
                    f.SETTING_MAX_CONCURRENT_STREAMS: MAX_STREAMS,
                    f.SETTING_INITIAL_WINDOW_SIZE: STREAM_WINDOW,
                    f.SETTING_MAX_HEADER_LIST_SIZE: 64 * 1024,
                }
            )
            + f.window_update(0, CONNECTION_WINDOW - f.DEFAULT_WINDOW)
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone: so are its calls."""
        self._transport = None
        self._server.connections.discard(self)
        calls, self.calls = self.calls, {}
        for call in calls.values():
            call.over()

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        self.heard_at = self._server.now()
        self.pinged = False
        if self._buffer:
            data = self._buffer + data
        try:
            self._buffer = self._take_frames(data)
        except ConnectionFault as fault:
            self._end(fault.code, str(fault))
        except HPACKError as error:
            self._end(f.COMPRESSION_ERROR, str(error))

    def _take_frames(self, data: bytes) -> bytes:
        at, size = 0, len(data)
        if not self._preface_seen:
            if not f.PREFACE.startswith(data[: len(f.PREFACE)]):
                self._refuse_http1()
                return b""
            if size < len(f.PREFACE):
                return data
            self._preface_seen = True
            at = len(f.PREFACE)
        while size - at >= 9 and self._transport is not None:
            length = int.from_bytes(data[at : at + 3], "big")
            if length > f.FRAME_SIZE:
                raise ConnectionFault(f.FRAME_SIZE_ERROR, "frame too large")
            end = at + 9 + length
            if end > size:
                break
            kind, flags = data[at + 3], data[at + 4]
            stream = int.from_bytes(data[at + 5 : at + 9], "big") & f.MAX_WINDOW
            if self._block is not None and kind != f.CONTINUATION:
                raise ConnectionFault(f.PROTOCOL_ERROR, "a header block was interrupted")
            handler = self._kinds.get(kind)
            if handler is not None:
                handler(flags, stream, data[at + 9 : end])
            elif kind == f.PUSH_PROMISE:
                raise ConnectionFault(f.PROTOCOL_ERROR, "a client cannot push")
            at = end
        return data[at:] if self._transport is not None else b""

    def _refuse_http1(self) -> None:
        if self._transport is not None:
            text = b"This port speaks gRPC (HTTP/2).\n"
            self._transport.write(
                b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\n"
                b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text)
            )
            self._transport.close()

    def _write(self, data: bytes) -> None:
        self._out.append(data)
        if not self._flush_planned:
            self._flush_planned = True
            self._server.loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_planned = False
        out, self._out = self._out, []
        transport = self._transport
        if transport is not None:
            transport.write(b"".join(out))
            if transport.get_write_buffer_size() > MAX_OUTGOING:
                logger.warning("closing the connection of %s: it does not read", self.peer)
                transport.abort()

    def _end(self, code: int, text: str) -> None:
        """Ends the connection with an error code."""
        if self._transport is not None:
            self._write(f.goaway(self._last_stream, code, text.encode()[:200]))
            self._flush()
            self._transport.close()

    def go_away(self) -> None:
        """Takes no more calls; those that run may finish."""
        self._going_away = True
        self._write(f.goaway(self._last_stream, f.NO_ERROR))

    def abort(self) -> None:
        """Ends the connection now."""
        if self._transport is not None:
            self._flush()
            self._transport.close()

    def ping(self) -> None:
        """Asks whether the client is there."""
        self.pinged = True
        self._write(f.ping(b"mattock!", ack=False))

    # ---- frames in ----

    def _ignore(self, flags: int, stream: int, payload: bytes) -> None:
        """A frame that asks for nothing."""

    def _nuisance_seen(self) -> None:
        second = int(self._server.now())
        if second != self._nuisance_second:
            self._nuisance_second, self._nuisance = second, 0
        self._nuisance += 1
        if self._nuisance > MAX_NUISANCE:
            raise ConnectionFault(f.ENHANCE_YOUR_CALM, "too many resets, pings or settings")

    def _on_settings(self, flags: int, stream: int, payload: bytes) -> None:
        if flags & f.ACK:
            return
        if stream or len(payload) % 6:
            raise ConnectionFault(f.FRAME_SIZE_ERROR, "malformed settings")
        self._nuisance_seen()
        for key, value in f.parse_settings(payload):
            if key == f.SETTING_INITIAL_WINDOW_SIZE:
                if value > f.MAX_WINDOW:
                    raise ConnectionFault(f.FLOW_CONTROL_ERROR, "window too large")
                for call in self.calls.values():
                    call.send_window += value - self.peer_initial_window
                self.peer_initial_window = value
            elif key == f.SETTING_MAX_FRAME_SIZE:
                if not f.FRAME_SIZE <= value < 1 << 24:
                    raise ConnectionFault(f.PROTOCOL_ERROR, "frame size out of range")
                self._peer_frame_size = value
        self._write(f.SETTINGS_ACK)
        self._send_pending()

    def _on_ping(self, flags: int, stream: int, payload: bytes) -> None:
        if stream or len(payload) != 8:
            raise ConnectionFault(f.FRAME_SIZE_ERROR, "malformed ping")
        if not flags & f.ACK:
            self._nuisance_seen()
            self._write(f.ping(payload, ack=True))

    def _on_window_update(self, flags: int, stream: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise ConnectionFault(f.FRAME_SIZE_ERROR, "malformed window update")
        increment = int.from_bytes(payload, "big") & f.MAX_WINDOW
        if stream == 0:
            if increment == 0:
                raise ConnectionFault(f.PROTOCOL_ERROR, "window update of nothing")
            self._send_window += increment
            if self._send_window > f.MAX_WINDOW:
                raise ConnectionFault(f.FLOW_CONTROL_ERROR, "window too large")
            self._send_pending()
            return
        call = self.calls.get(stream)
        if call is not None:
            call.send_window += increment
            if increment == 0 or call.send_window > f.MAX_WINDOW:
                self._reset(call, f.FLOW_CONTROL_ERROR)
            elif call.pending is not None:
                self._send_some(call)

    def _on_reset(self, flags: int, stream: int, payload: bytes) -> None:
        self._nuisance_seen()
        call = self.calls.pop(stream, None)
        if call is not None:
            call.over()

    def _on_headers(self, flags: int, stream: int, payload: bytes) -> None:
        if flags & f.PADDED:
            payload = _unpadded(payload)
        if flags & f.WITH_PRIORITY:
            payload = payload[5:]
        if flags & f.END_HEADERS:
            self._on_block(stream, flags, payload)
        else:
            self._block = (stream, flags, bytearray(payload))

    def _on_continuation(self, flags: int, stream: int, payload: bytes) -> None:
        if self._block is None or self._block[0] != stream:
            raise ConnectionFault(f.PROTOCOL_ERROR, "continuation of nothing")
        _, first_flags, block = self._block
        block += payload
        if len(block) > MAX_HEADER_BLOCK:
            raise ConnectionFault(f.ENHANCE_YOUR_CALM, "header block too large")
        if flags & f.END_HEADERS:
            self._block = None
            self._on_block(stream, first_flags, bytes(block))

    def _on_block(self, stream: int, flags: int, block: bytes) -> None:
        request = self._headers.decode(block)
        call = self.calls.get(stream)
        if call is not None:
            # Trailers of the request: they end it.
            if not flags & f.END_STREAM:
                raise ConnectionFault(f.PROTOCOL_ERROR, "headers in the middle of a stream")
            self._half_close(call)
            return
        if stream % 2 == 0 or stream <= self._last_stream:
            if stream <= self._last_stream and stream % 2:
                # A call that is over on our side; the client did not know yet.
                return
            raise ConnectionFault(f.PROTOCOL_ERROR, "a client's streams are odd and grow")
        if self._going_away or len(self.calls) >= MAX_STREAMS:
            self._last_stream = stream
            self._write(f.rst_stream(stream, f.REFUSED_STREAM))
            return
        self._last_stream = stream
        self._open(stream, request, bool(flags & f.END_STREAM))

    def _open(self, stream: int, request: Request, ended: bool) -> None:
        if not request.valid:
            block = literal(":status", "415")
            self._write(f.head(len(block), f.HEADERS, f.END_HEADERS | f.END_STREAM, stream) + block)
            return
        call = Call(self, stream, request.path, request.metadata, request.encoding, self._server.max_message_bytes)
        self.calls[stream] = call
        try:
            self._server.begin(call, request)
        except RpcError as error:
            self.finish(call, error)
            return
        if ended:
            self._half_close(call)

    def _on_data(self, flags: int, stream: int, payload: bytes) -> None:
        size = len(payload)
        call = self.calls.get(stream)
        self._receive_credit += size
        if self._receive_credit > CONNECTION_WINDOW // 4:
            self._write(f.window_update(0, self._receive_credit))
            self._receive_credit = 0
        if call is None:
            if stream == 0 or stream > self._last_stream:
                raise ConnectionFault(f.PROTOCOL_ERROR, "data for a stream that does not exist")
            return
        if flags & f.PADDED:
            payload = _unpadded(payload)
        if call.half_closed:
            self._reset(call, f.STREAM_CLOSED)
            return
        call.receive_credit += size
        if call.receive_credit > STREAM_WINDOW // 4 and not flags & f.END_STREAM:
            self._write(f.window_update(stream, call.receive_credit))
            call.receive_credit = 0
        try:
            call.receive(payload)
        except RpcError as error:
            self.finish(call, error)
        except Exception as error:
            self._server.fail(call, error)
        if flags & f.END_STREAM and not call.closed:
            self._half_close(call)

    def _half_close(self, call: Call) -> None:
        call.half_closed = True
        try:
            self._server.half_close(call)
        except RpcError as error:
            self.finish(call, error)

    # ---- frames out ----

    def reply(self, call: Call, message: bytes) -> None:
        """Answers a unary call: headers, message, trailers, in one go when the windows allow it."""
        size = len(message) + 5
        if size > self._send_window or size > call.send_window or size > f.FRAME_SIZE or call.headers_sent:
            self.send_message(call, message)
            self.finish(call, None)
            return
        self._send_window -= size
        stream = call.stream_id.to_bytes(4, "big")
        del self.calls[call.stream_id]
        self._write(
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
        call.over()

    def send_message(self, call: Call, message: bytes) -> None:
        """Queues a message of a call."""
        self._begin_response(call)
        data = b"\x00" + len(message).to_bytes(4, "big") + message
        if call.pending is None:
            call.pending = bytearray()
        call.pending += data
        if len(call.pending) > MAX_OUTGOING:
            self.finish(call, RpcError(Status.RESOURCE_EXHAUSTED, "the client does not read its messages"))
            return
        self._send_some(call)

    def _begin_response(self, call: Call) -> None:
        if not call.headers_sent:
            call.headers_sent = True
            self._write(_RESPONSE_HEAD + call.stream_id.to_bytes(4, "big") + RESPONSE_HEADERS)

    def _send_some(self, call: Call) -> None:
        """Sends what the windows allow of a call's pending bytes, and its trailers after the last."""
        pending = call.pending
        if pending:
            at = 0
            while at < len(pending):
                room = min(self._send_window, call.send_window, self._peer_frame_size, len(pending) - at)
                if room <= 0:
                    break
                chunk = bytes(pending[at : at + room])
                self._write(f.head(room, f.DATA, 0, call.stream_id) + chunk)
                self._send_window -= room
                call.send_window -= room
                at += room
            del pending[:at]
            if len(pending) <= self.high_water:
                call.wake()
        if not pending and call.trailers is not None:
            self._send_trailers(call)

    def _send_pending(self) -> None:
        for call in list(self.calls.values()):
            if call.pending:
                self._send_some(call)
                if self._send_window <= 0:
                    return

    def finish(self, call: Call, error: RpcError | None) -> None:
        """Ends a call: trailers after what is pending."""
        if call.closed or call.trailers is not None:
            return
        block = TRAILERS_OK if error is None else trailers(error)
        if error is None:
            self._begin_response(call)
        elif not call.headers_sent:
            # No message was sent: headers and trailers are one.
            block = RESPONSE_HEADERS + block
        call.trailers = block
        if error is not None and call.pending:
            call.pending.clear()
        if not call.pending:
            self._send_trailers(call)

    def _send_trailers(self, call: Call) -> None:
        block = call.trailers
        assert block is not None
        self._write(f.head(len(block), f.HEADERS, f.END_HEADERS | f.END_STREAM, call.stream_id) + block)
        if not call.half_closed:
            # The client may stop sending: nobody listens.
            self._write(f.rst_stream(call.stream_id, f.NO_ERROR))
        self.calls.pop(call.stream_id, None)
        call.over()

    def _reset(self, call: Call, code: int) -> None:
        self._write(f.rst_stream(call.stream_id, code))
        self.calls.pop(call.stream_id, None)
        call.over()


def _unpadded(payload: bytes) -> bytes:
    if not payload or payload[0] >= len(payload):
        raise ConnectionFault(f.PROTOCOL_ERROR, "padding longer than the frame")
    return payload[1 : len(payload) - payload[0]]
