"""The gateways' door without a network: calls are handed over as they are."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from ..gateways.door import translate
from ..gateways.session import register
from ..port import Principal
from ..role import Role
from ..wire import RpcError, Status, StreamHandler
from .engine import MAX_PAYLOAD_BYTES, TENANT, MemoryEngine

_CALL = "/mattock.v1.SessionService/Call"


class Client(Protocol):
    """The other side of a stream. Its methods are called in the engine's loop."""

    def received(self, message: bytes) -> None:
        """The engine has sent a message."""

    def ended(self, code: int, message: str) -> None:
        """The engine has ended the stream; a gRPC status."""


class MemoryCall:
    """A streaming call, as its handler sees it (see `wire.Call`)."""

    def __init__(self, client: Client | None = None) -> None:
        self.state = Principal(TENANT, "memory", Role.OWNER)
        self.closed = False
        self.handler: StreamHandler | None = None
        self._client = client

    def send(self, message: bytes) -> None:
        """Sends a message to the client."""
        if not self.closed and self._client is not None:
            self._client.received(message)

    def close(self, code: Status = Status.OK, message: str = "") -> None:
        """Ends the call."""
        if self.closed:
            return
        self.closed = True
        if self._client is not None:
            self._client.ended(int(code), message)
        if self.handler is not None:
            self.handler.on_end()

    def fail(self, error: RpcError) -> None:
        """Ends the call with an error."""
        self.close(error.code, error.message)

    # ---- what the client does

    def message(self, data: bytes) -> None:
        """The client has sent a message."""
        if self.closed or self.handler is None:
            return
        try:
            self.handler.on_message(data)
        except Exception as error:
            self.fail(translate(error) or (error if isinstance(error, RpcError) else _internal(error)))

    def half_close(self) -> None:
        """The client sends nothing more."""
        if not self.closed and self.handler is not None:
            self.handler.on_half_close()


def _internal(error: Exception) -> RpcError:
    return RpcError(Status.INTERNAL, f"internal error: {type(error).__name__}: {error}")


class MemoryDoor:
    """Takes calls for an engine in memory. All methods belong to the engine's loop."""

    def __init__(self, engine: MemoryEngine) -> None:
        self.engine = engine
        self._unary: dict[str, Callable[[bytes, Any], bytes | Awaitable[bytes]]] = {}
        self._streams: dict[str, Callable[[Any], StreamHandler]] = {}
        self._callers: list[MemoryCall] = []
        register(self, engine, MAX_PAYLOAD_BYTES)  # type: ignore[arg-type]

    def unary(self, path: str, handler: Callable[[bytes, Any], bytes | Awaitable[bytes]]) -> None:
        """Adds a method with one request and one reply."""
        self._unary[path] = handler

    def stream_callback(self, path: str, open_stream: Callable[[Any], StreamHandler]) -> None:
        """Adds a streaming method."""
        self._streams[path] = open_stream

    async def request(self, path: str, data: bytes) -> tuple[int, str, bytes]:
        """Calls a unary method; returns the status, its message, and the reply."""
        try:
            reply = self._unary[path](data, MemoryCall())
            if inspect.isawaitable(reply) or asyncio.isfuture(reply):
                reply = await reply
        except Exception as error:
            refused = translate(error) or (error if isinstance(error, RpcError) else _internal(error))
            return int(refused.code), refused.message, b""
        assert isinstance(reply, bytes)
        return int(Status.OK), "", reply

    def open(self, path: str, client: Client) -> MemoryCall:
        """Opens a stream."""
        call = MemoryCall(client)
        call.handler = self._streams[path](call)
        if path == _CALL:
            self._callers = [each for each in self._callers if not each.closed]
            self._callers.append(call)
        return call

    def fail_callers(self, why: str) -> None:
        """Ends the streams of those who await results."""
        for call in self._callers:
            # A status with which clients do not try again.
            call.close(Status.INVALID_ARGUMENT, why)
