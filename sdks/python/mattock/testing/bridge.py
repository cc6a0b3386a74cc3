"""Calls into an event loop, from wherever they come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ..error import MattockError

T = TypeVar("T")


class Bridge:
    """What runs in one event loop, and is called from any thread."""

    _loop: asyncio.AbstractEventLoop

    def _here(self, work: Callable[[], T]) -> T:
        """Does what takes no time, in the engine's loop."""
        try:
            if asyncio.get_running_loop() is self._loop:
                return work()
        except RuntimeError:
            pass

        async def do() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            work.close()
            raise MattockError("this call blocks, and the engine runs in this event loop: use its aio_ twin")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        if asyncio.get_running_loop() is self._loop:
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
