"""What comes from the client of one connection about its calls: header blocks and data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import frame as f
from .call import Call
from .header import ACCEPT_ENCODING, RESPONSE_HEADERS, HeaderDecoder, Request, literal, trailers
from .limit import (
    CONNECTION_WINDOW,
    MAX_CONTINUATIONS,
    MAX_HEADER_BLOCK,
    MAX_HELD,
    MAX_STREAMS,
    STREAM_WINDOW,
    Patience,
)
from .message import ENCODINGS, MessageReader, unknown_encoding
from .status import RpcError, Status

if TYPE_CHECKING:
    from .connection import Connection
    from .outgoing import Outgoing
    from .server import Server


class Incoming:
    """The receiving half of a connection.

    Attributes:
        last_stream: the youngest call.
        going_away: no more calls are taken.
        in_block: a header block has begun and goes on in the next frame.
    """

    def __init__(self, server: Server, connection: Connection, out: Outgoing, patience: Patience) -> None:
        self._server = server
        self._connection = connection
        self._out = out
        self._patience = patience
        self._headers = HeaderDecoder()
        # A header block that goes on: stream, flags, bytes; and the number of frames after the first.
        self._block: tuple[int, int, bytearray] | None = None
        self._continuations = 0
        self._window = CONNECTION_WINDOW
        self._held = 0
        self.in_block = False
        self.last_stream = 0
        self.going_away = False

    def hold(self, size: int) -> None:
        """So many more bytes of messages are in memory; fewer if negative."""
        self._held += size

    def grant(self, call: Call) -> None:
        """Lets a call send more, once that is worth a frame."""
        credit = STREAM_WINDOW - call.receive_window - call.withheld
        if credit > STREAM_WINDOW // 4:
            call.receive_window += credit
            self._out.write(f.window_update(call.stream_id, credit))

    def _check_started(self, stream: int) -> None:
        """A stream that was never opened cannot be spoken of."""
        if stream == 0 or stream > self.last_stream or stream % 2 == 0:
            raise f.ConnectionFault(f.PROTOCOL_ERROR, f"stream {stream} is not open")

    # ---- frames ----

    def on_reset(self, flags: int, stream: int, payload: bytes) -> None:
        """The client ends a call."""
        if len(payload) != 4:
            raise f.ConnectionFault(f.FRAME_SIZE_ERROR, "malformed reset")
        self._check_started(stream)
        self._patience.spend()
        self._out.cancelled(stream)

    def on_window_update(self, stream: int, increment: int) -> None:
        """The client takes more of a call."""
        self._check_started(stream)
        call = self._out.calls.get(stream)
        if call is None:
            return
        if increment == 0:
            self._reset(call, f.PROTOCOL_ERROR)
        elif not self._out.widen_call(call, increment) and not call.closed:
            self._reset(call, f.FLOW_CONTROL_ERROR)

    def on_headers(self, flags: int, stream: int, payload: bytes) -> None:
        """A call begins, or its trailers come."""
        if stream % 2 == 0:
            raise f.ConnectionFault(f.PROTOCOL_ERROR, "a client's streams are odd")
        if flags & f.PADDED:
            payload = _unpadded(payload)
        if flags & f.WITH_PRIORITY:
            if len(payload) < 5:
                raise f.ConnectionFault(f.FRAME_SIZE_ERROR, "malformed priority")
            payload = payload[5:]
        if flags & f.END_HEADERS:
            self._on_block(stream, flags, payload)
        else:
            self._block = (stream, flags, bytearray(payload))
            self._continuations = 0
            self.in_block = True

    def on_continuation(self, flags: int, stream: int, payload: bytes) -> None:
        """A header block goes on."""
        if self._block is None or self._block[0] != stream:
            raise f.ConnectionFault(f.PROTOCOL_ERROR, "continuation of nothing")
        _, first_flags, block = self._block
        block += payload
        self._continuations += 1
        if len(block) > MAX_HEADER_BLOCK or self._continuations > MAX_CONTINUATIONS:
            raise f.ConnectionFault(f.ENHANCE_YOUR_CALM, "header block too large")
        if flags & f.END_HEADERS:
            self._block = None
            self.in_block = False
            self._on_block(stream, first_flags, bytes(block))

    def _on_block(self, stream: int, flags: int, block: bytes) -> None:
        # Decoded in any case: the blocks that follow depend on it.
        request = self._headers.decode(block)
        if stream <= self.last_stream:
            call = self._out.calls.get(stream)
            if call is None:
                # A call that is over on our side; the client did not know yet.
                self._patience.spend()
            elif call.half_closed:
                self._reset(call, f.STREAM_CLOSED)
            elif not flags & f.END_STREAM:
                self._reset(call, f.PROTOCOL_ERROR)
            else:
                # Trailers of the request: they end it.
                self._half_close(call)
            return
        self.last_stream = stream
        if self.going_away or len(self._out.calls) >= MAX_STREAMS:
            self._patience.spend()
            self._out.write(f.rst_stream(stream, f.REFUSED_STREAM))
            return
        self._open(stream, request, bool(flags & f.END_STREAM))

    def _open(self, stream: int, request: Request, ended: bool) -> None:
        if request.refusal is not None:
            self._patience.spend()
            self._answer(stream, literal(":status", request.refusal), ended)
            return
        if request.encoding not in ENCODINGS:
            error = unknown_encoding(request.encoding)
            self._answer(stream, RESPONSE_HEADERS + ACCEPT_ENCODING + trailers(error), ended)
            return
        server = self._server
        reader = MessageReader(request.encoding, server.max_message_bytes)
        call = Call(self._connection, stream, request.path, request.metadata, reader)
        self._out.calls[stream] = call
        try:
            server.begin(call, request)
        except Exception as error:
            server.fail(call, error)
            return
        if ended:
            self._half_close(call)

    def _answer(self, stream: int, block: bytes, ended: bool) -> None:
        """Answers with headers alone what is no call."""
        self._server.failed += 1
        self._out.write(f.head(len(block), f.HEADERS, f.END_HEADERS | f.END_STREAM, stream) + block)
        if not ended:
            self._out.write(f.rst_stream(stream, f.NO_ERROR))

    def on_data(self, flags: int, stream: int, payload: bytes) -> None:
        """Bytes of a request came."""
        size = len(payload)
        self._window -= size
        if self._window < CONNECTION_WINDOW * 3 // 4:
            if self._window < 0:
                raise f.ConnectionFault(f.FLOW_CONTROL_ERROR, "more data than the connection's window")
            self._out.write(f.window_update(0, CONNECTION_WINDOW - self._window))
            self._window = CONNECTION_WINDOW
        call = self._out.calls.get(stream)
        if call is None:
            self._check_started(stream)
            return
        if flags & f.PADDED:
            payload = _unpadded(payload)
        call.receive_window -= size
        if call.half_closed or call.receive_window < 0:
            self._reset(call, f.STREAM_CLOSED if call.half_closed else f.FLOW_CONTROL_ERROR)
            return
        ended = flags & f.END_STREAM
        if payload:
            self._receive(call, payload)
        elif not ended:
            self._patience.spend()
        if not call.closed:
            if ended:
                self._half_close(call)
                return
            if call.request is not None and not call.withheld:
                call.withhold(len(call.request))
            if call.receive_window < STREAM_WINDOW * 3 // 4:
                self.grant(call)

    def _receive(self, call: Call, payload: bytes) -> None:
        before = call.reader.buffered
        try:
            try:
                messages = call.reader.read(payload)
            finally:
                self._held += call.reader.buffered - before
            for message in messages:
                if call.closed or call.trailers is not None:
                    return
                if call.stream_handler is not None:
                    call.stream_handler.on_message(message)
                elif call.request is None:
                    call.request = message
                else:
                    raise RpcError(Status.INTERNAL, "a unary call has one message")
        except Exception as error:
            self._server.fail(call, error)
        if self._held > MAX_HELD:
            raise f.ConnectionFault(f.ENHANCE_YOUR_CALM, f"over {MAX_HELD} bytes of messages wait")

    def _half_close(self, call: Call) -> None:
        call.half_closed = True
        try:
            if call.reader.buffered:
                raise RpcError(Status.INTERNAL, "the last message is cut short")
            self._server.half_close(call)
        except Exception as error:
            self._server.fail(call, error)

    def _reset(self, call: Call, code: int) -> None:
        self._patience.spend()
        self._out.reset(call, code)


def _unpadded(payload: bytes) -> bytes:
    if not payload or payload[0] >= len(payload):
        raise f.ConnectionFault(f.PROTOCOL_ERROR, "padding longer than the frame")
    return payload[1 : len(payload) - payload[0]]
