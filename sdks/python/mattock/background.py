"""An event loop in a thread of its own, for callers without one."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from .error import ConnectionError, SyncInAsyncError

T = TypeVar("T")


def new_event_loop() -> asyncio.AbstractEventLoop:
    """An event loop: uvloop's where it is installed, being twice as fast."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class BackgroundLoop:
    """Runs coroutines in one thread, which it starts when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, running."""
        with self._lock:
            # Threads do not survive a fork: the child starts its own.
            if self._loop is None or self._process != os.getpid():
                self._process = os.getpid()
                self._loop = new_event_loop()
                threading.Thread(target=self._serve, args=(self._loop,), name="mattock", daemon=True).start()
                atexit.register(self.stop)
            return self._loop

    @staticmethod
    def _serve(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()

    @property
    def running(self) -> bool:
        """True once a loop was needed (in this process)."""
        return self._loop is not None and self._process == os.getpid()

    def is_loop(self, loop: asyncio.AbstractEventLoop) -> bool:
        """True for the loop of the thread."""
        return loop is self._loop

    def stop(self) -> None:
        """Ends the thread; the next use starts another."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None and self._process == os.getpid():
            loop.call_soon_threadsafe(loop.stop)
        atexit.unregister(self.stop)


def call_in(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], twin: str) -> T:
    """Runs a coroutine in the loop of another thread, and blocks until it is done.

    Args:
        loop: the loop, which runs in another thread.
        work: the coroutine.
        twin: how to call it without blocking, for the error.

    Raises:
        SyncInAsyncError: this thread runs a loop itself.
        ConnectionError: the loop ended before.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        work.close()
        raise SyncInAsyncError(f"this call blocks, and an event loop runs in this thread: use `await {twin}`")
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result()
    except (asyncio.CancelledError, concurrent.futures.CancelledError):
        raise ConnectionError("the client was closed while a call waited") from None
    except BaseException:
        future.cancel()
        raise
