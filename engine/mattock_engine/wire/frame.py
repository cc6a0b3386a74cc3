"""Frames of HTTP/2 (RFC 9113): numbers, and the bytes of those that we send."""

from __future__ import annotations

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA = 0
HEADERS = 1
PRIORITY = 2
RST_STREAM = 3
SETTINGS = 4
PUSH_PROMISE = 5
PING = 6
GOAWAY = 7
WINDOW_UPDATE = 8
CONTINUATION = 9

END_STREAM = 0x1
ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
WITH_PRIORITY = 0x20

SETTING_HEADER_TABLE_SIZE = 1
SETTING_ENABLE_PUSH = 2
SETTING_MAX_CONCURRENT_STREAMS = 3
SETTING_INITIAL_WINDOW_SIZE = 4
SETTING_MAX_FRAME_SIZE = 5
SETTING_MAX_HEADER_LIST_SIZE = 6

NO_ERROR = 0
PROTOCOL_ERROR = 1
INTERNAL_ERROR = 2
FLOW_CONTROL_ERROR = 3
STREAM_CLOSED = 5
FRAME_SIZE_ERROR = 6
REFUSED_STREAM = 7
CANCEL = 8
COMPRESSION_ERROR = 9
ENHANCE_YOUR_CALM = 11

DEFAULT_WINDOW = 65_535
MAX_WINDOW = (1 << 31) - 1
FRAME_SIZE = 16_384

# Length in two parts (16 and 8 bits), kind, flags, stream.
HEAD = struct.Struct(">HBBBL")
HEAD_SIZE = HEAD.size
_SETTING = struct.Struct(">HL")


class ConnectionFault(Exception):
    """The client broke the protocol; the connection ends with this error code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def head(length: int, kind: int, flags: int, stream: int) -> bytes:
    """The nine bytes before a payload."""
    return HEAD.pack(length >> 8, length & 0xFF, kind, flags, stream)


def settings(values: dict[int, int]) -> bytes:
    """A SETTINGS frame."""
    payload = b"".join(_SETTING.pack(key, value) for key, value in values.items())
    return head(len(payload), SETTINGS, 0, 0) + payload


def parse_settings(payload: bytes) -> list[tuple[int, int]]:
    """The settings in a payload."""
    return [_SETTING.unpack_from(payload, at) for at in range(0, len(payload), _SETTING.size)]


def window_update(stream: int, size: int) -> bytes:
    """A WINDOW_UPDATE frame."""
    return head(4, WINDOW_UPDATE, 0, stream) + size.to_bytes(4, "big")


def rst_stream(stream: int, error: int) -> bytes:
    """An RST_STREAM frame."""
    return head(4, RST_STREAM, 0, stream) + error.to_bytes(4, "big")


def goaway(last_stream: int, error: int, text: bytes = b"") -> bytes:
    """A GOAWAY frame."""
    payload = last_stream.to_bytes(4, "big") + error.to_bytes(4, "big") + text
    return head(len(payload), GOAWAY, 0, 0) + payload


def ping(payload: bytes, ack: bool) -> bytes:
    """A PING frame."""
    return head(8, PING, ACK if ack else 0, 0) + payload


SETTINGS_ACK = head(0, SETTINGS, ACK, 0)
