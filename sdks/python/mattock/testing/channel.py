"""The channel to an engine in memory: what `grpc.aio.Channel` is to a server, as far as the SDK uses it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

if TYPE_CHECKING:
    from mattock_engine.memory import MemoryCall, MemoryDoor

_CODES = {int(code.value[0]): code for code in grpc.StatusCode}
_NO_METADATA = grpc.aio.Metadata()


class MemoryChannel:
    """Hands calls of any event loop over to the engine's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, door: MemoryDoor) -> None:
        self.loop = loop
        self.door = door

    def unary_unary(self, path: str) -> Callable[..., Coroutine[Any, Any, bytes]]:
        """A method with one request and one reply."""

        async def call(data: bytes, metadata: Any = (), **_: Any) -> bytes:
            asking = asyncio.run_coroutine_threadsafe(self.door.request(path, data), self.loop)
            code, text, reply = await asyncio.wrap_future(asking)
            if code:
                raise grpc.aio.AioRpcError(_CODES[code], _NO_METADATA, _NO_METADATA, details=text)
            return reply

        return call

    def stream_stream(self, path: str) -> Callable[..., MemoryStream]:
        """A two-way stream."""
        return lambda metadata=(): MemoryStream(self, path)

    async def close(self) -> None:
        """Nothing is open here that its streams do not close."""


class MemoryStream:
    """A stream, as the side that has opened it sees it."""

    def __init__(self, channel: MemoryChannel, path: str) -> None:
        self._channel = channel
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[Any] = asyncio.Queue()
        self._status = (grpc.StatusCode.OK, "")
        self._call: MemoryCall | None = None
        self._in_engine(self._open)

    # ---- in the engine's loop

    def _in_engine(self, work: Callable[..., None], *arguments: Any) -> None:
        # An engine that has ended hears nothing.
        with contextlib.suppress(RuntimeError):
            self._channel.loop.call_soon_threadsafe(work, *arguments)

    def _open(self) -> None:
        self._call = self._channel.door.open(self._path, self)

    def _send(self, data: bytes) -> None:
        if self._call is not None:
            self._call.message(data)

    def _end(self) -> None:
        if self._call is not None:
            self._call.half_close()

    def _close(self) -> None:
        if self._call is not None:
            self._call.close()

    def received(self, message: bytes) -> None:
        """The engine has sent a message."""
        self._here(self._arrived.put_nowait, message)

    def ended(self, code: int, message: str) -> None:
        """The engine has ended the stream."""
        self._status = (_CODES[code], message)
        self._here(self._arrived.put_nowait, grpc.aio.EOF)

    def _here(self, work: Callable[..., None], *arguments: Any) -> None:
        # The loop of a test that is over hears nothing.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work, *arguments)

    # ---- in its own

    async def read(self) -> Any:
        """The next message, or `grpc.aio.EOF`."""
        return await self._arrived.get()

    async def write(self, data: bytes) -> None:
        """Sends a message."""
        self._in_engine(self._send, data)

    async def done_writing(self) -> None:
        """Sends nothing more."""
        self._in_engine(self._end)

    def cancel(self) -> None:
        """Ends it."""
        self._in_engine(self._close)

    async def code(self) -> grpc.StatusCode:
        """How it ended."""
        return self._status[0]

    async def details(self) -> str:
        """Why it ended."""
        return self._status[1]
