"""Things that belong to an event loop: one for each that uses them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class PerLoop(Generic[T]):
    """One thing for each event loop; those of closed loops are forgotten."""

    def __init__(self) -> None:
        self._things: dict[asyncio.AbstractEventLoop, T] = {}

    def __bool__(self) -> bool:
        return bool(self._things)

    def of(self, loop: asyncio.AbstractEventLoop | None) -> T | None:
        """That of a loop, if there is one."""
        return self._things.get(loop) if loop is not None else None

    def put(self, thing: T) -> T:
        """Keeps a thing for the running loop, and returns it."""
        for other in [other for other in self._things if other.is_closed()]:
            del self._things[other]
        self._things[asyncio.get_running_loop()] = thing
        return thing

    async def aio_close(self, close: Callable[[T], Coroutine[Any, Any, None]]) -> None:
        """Closes all, each in its own loop if that still runs."""
        here = asyncio.get_running_loop()
        things, self._things = self._things, {}
        for loop, thing in things.items():
            if loop is here:
                await close(thing)
            elif loop.is_running():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(close(thing), loop))
