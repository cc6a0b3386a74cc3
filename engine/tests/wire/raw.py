"""A client that speaks frames, right ones and wrong ones."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from hpack import Decoder, Encoder
from mattock_engine.wire import frame as f

HEADERS = (
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/test.Echo/Now"),
    (":authority", "test"),
    ("content-type", "application/grpc"),
    ("te", "trailers"),
)


@dataclass(frozen=True)
class Frame:
    """A frame of the server."""

    kind: int
    flags: int
    stream: int
    payload: bytes


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """The bytes of a frame."""
    return f.head(len(payload), kind, flags, stream) + payload


def message(data: bytes, flag: int = 0) -> bytes:
    """A message with its prefix."""
    return bytes((flag,)) + len(data).to_bytes(4, "big") + data


class RawClient:
    """One connection; the settings of the client are sent on entry."""

    def __init__(self, port: int, greeting: bytes = f.PREFACE + f.settings({})) -> None:
        self._port = port
        self._greeting = greeting
        self._encoder = Encoder()
        self._decoder = Decoder()

    async def __aenter__(self) -> RawClient:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        self.writer.write(self._greeting)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    def send(self, *frames: bytes) -> None:
        """Sends bytes."""
        self.writer.write(b"".join(frames))

    def block(self, **changes: str) -> bytes:
        """A header block of a request; `path="…"` and so on change it."""
        named = {key.strip(":").replace("-", "_"): (key, value) for key, value in HEADERS}
        for name, value in changes.items():
            named[name] = (named[name][0] if name in named else name.replace("_", "-"), value)
        return self._encoder.encode(list(named.values()))

    def call(self, stream: int, data: bytes = b"hello", **changes: str) -> None:
        """Sends a whole unary call."""
        self.send(
            frame(f.HEADERS, f.END_HEADERS, stream, self.block(**changes)),
            frame(f.DATA, f.END_STREAM, stream, message(data)),
        )

    async def next(self) -> Frame:
        """The next frame of the server."""
        high, low, kind, flags, stream = f.HEAD.unpack(await self.reader.readexactly(f.HEAD_SIZE))
        return Frame(kind, flags, stream, await self.reader.readexactly(high << 8 | low))

    async def find(self, kind: int, stream: int | None = None) -> Frame:
        """The next frame of that kind."""
        while True:
            found = await self.next()
            if found.kind == kind and stream in (None, found.stream):
                return found

    def headers(self, found: Frame) -> dict[str, str]:
        """The headers in a frame."""
        return {str(key): str(value) for key, value in self._decoder.decode(found.payload)}

    async def trailers(self, stream: int) -> dict[str, str]:
        """Headers and trailers of a call's answer, together."""
        headers: dict[str, str] = {}
        while True:
            found = await self.find(f.HEADERS)
            got = self.headers(found)
            if found.stream == stream:
                headers.update(got)
                if found.flags & f.END_STREAM:
                    return headers

    async def goodbye(self) -> int:
        """The error code with which the server ends the connection; it must close it."""
        found = await self.find(f.GOAWAY)
        assert await self.reader.read() == b""
        return int.from_bytes(found.payload[4:8], "big")

    async def alive(self, stream: int) -> None:
        """Asserts that the connection still serves calls."""
        self.call(stream)
        assert (await self.trailers(stream))["grpc-status"] == "0"
