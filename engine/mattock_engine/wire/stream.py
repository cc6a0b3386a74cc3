"""Streaming calls whose handler is a coroutine."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from .call import Call
from .status import Status

if TYPE_CHECKING:
    from .server import Server

StreamCoroutine = Callable[[AsyncIterator[bytes], Call], Awaitable[None]]


class RequestIterator:
    """The messages of a call, as they come; the client may send more as they are taken."""

    __slots__ = ("_call", "_ended", "_messages", "_waiter")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._messages: deque[bytes] = deque()
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None

    def __aiter__(self) -> RequestIterator:
        return self

    async def __anext__(self) -> bytes:
        while not self._messages:
            if self._ended:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        message = self._messages.popleft()
        self._call.release(len(message))
        return message

    def put(self, message: bytes) -> None:
        """A message came in."""
        self._call.withhold(len(message))
        self._messages.append(message)
        self._wake()

    def end(self) -> None:
        """No more will come."""
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class TaskStream:
    """Runs a coroutine handler for one streaming call."""

    def __init__(self, server: Server, call: Call, handler: StreamCoroutine) -> None:
        self._server = server
        self._call = call
        self._requests = RequestIterator(call)
        self._task = server.run_task(self._run(handler))

    async def _run(self, handler: StreamCoroutine) -> None:
        try:
            await handler(self._requests, self._call)
            self._call.close()
        except asyncio.CancelledError:
            self._call.close(Status.CANCELLED, "cancelled")
        except Exception as error:
            self._server.fail(self._call, error)

    def on_message(self, message: bytes) -> None:
        """A message came in."""
        self._requests.put(message)

    def on_half_close(self) -> None:
        """The client sends nothing more."""
        self._requests.end()

    def on_end(self) -> None:
        """The call is over: so is its task, unless it is the one that ended it."""
        self._requests.end()
        if not self._task.done() and asyncio.current_task() is not self._task:
            self._task.cancel()
