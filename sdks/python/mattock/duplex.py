"""A two-way stream that is kept up, and whose sending side writes in batches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import grpc.aio

from .channel import PERMANENT, Backoff, authorization, open_channel
from .setting import ClientSettings

logger = logging.getLogger("mattock")

# A message to the server holds about this much at most, unless one item alone is larger.
BATCH_BYTES = 1024 * 1024
BATCH_ITEMS = 1_000


class Duplex(ABC):
    """Opens a stream, reads it, writes what gathers, and reconnects with backoff.

    There is no timer between writes: what gathers while a write is in flight goes with the next one. All methods belong
    to the event loop that it was started in.
    """

    def __init__(self, settings: ClientSettings, path: str) -> None:
        self.settings = settings
        self.loop = asyncio.get_running_loop()
        self._path = path
        self._channel: grpc.aio.Channel | None = None
        self._backoff = Backoff()
        self._task: asyncio.Task[None] | None = None
        self._wakeup: asyncio.Future[None] | None = None
        self._pending = False
        self._finishing = False
        self.closed = False

    @property
    def channel(self) -> grpc.aio.Channel:
        """The channel that the stream is on."""
        if self._channel is None:
            self._channel = open_channel(self.settings)
        return self._channel

    def start(self) -> None:
        """Opens the stream, and keeps it open until `close`."""
        if self._task is None or self._task.done():
            self._task = self.loop.create_task(self._keep_up(), name=f"mattock {self._path}")

    def wake(self) -> None:
        """Something is there to be sent."""
        self._pending = True
        wakeup = self._wakeup
        if wakeup is not None and not wakeup.done():
            wakeup.set_result(None)

    async def finish(self, seconds: float) -> None:
        """Sends what there is, says that it was all, and closes when the other side has read it, or after so long."""
        self._finishing = True
        self.wake()
        if self._task is not None:
            await asyncio.wait((self._task,), timeout=seconds)
        await self.close()

    async def close(self) -> None:
        """Closes the stream and its channel."""
        self.closed = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._channel is not None:
            await self._channel.close()

    @abstractmethod
    def wanted(self) -> bool:
        """Whether a broken stream is to be opened again now; else the next `start` does it."""

    @abstractmethod
    def opened(self) -> None:
        """The stream was opened, perhaps anew: queue what must be sent (again)."""

    @abstractmethod
    def take(self) -> Iterator[Any]:
        """Messages to send now, made as they are written, so that the later ones hold what gathered meanwhile."""

    @abstractmethod
    def receive(self, data: bytes) -> None:
        """A message came."""

    @abstractmethod
    def interrupted(self, error: grpc.aio.AioRpcError, permanent: bool) -> None:
        """The stream broke. With `permanent` it is not opened again (until the next `start`)."""

    async def _keep_up(self) -> None:
        while not self.closed:
            try:
                await self._serve()
            except grpc.aio.AioRpcError as error:
                if self._finishing:
                    return
                permanent = error.code() in PERMANENT
                logger.debug("%s: %s %s", self._path, error.code().name, error.details())
                self.interrupted(error, permanent)
                if permanent or not self.wanted():
                    return
            except Exception:
                # A mistake of ours with one message; the next stream gets everything that counts again.
                logger.exception("%s: cannot handle a message", self._path)
            await asyncio.sleep(self._backoff.next())

    async def _serve(self) -> None:
        call: Any = self.channel.stream_stream(self._path)(metadata=authorization(self.settings))
        self.opened()
        writer = self.loop.create_task(self._write(call))
        try:
            while (data := await call.read()) is not grpc.aio.EOF:
                self._backoff.reset()
                self.receive(data)
            code = await call.code()
            raise grpc.aio.AioRpcError(
                grpc.StatusCode.UNAVAILABLE if code is grpc.StatusCode.OK else code,
                grpc.aio.Metadata(),
                grpc.aio.Metadata(),
                details=await call.details() or "the server ended the stream",
            )
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
            call.cancel()

    async def _write(self, call: Any) -> None:
        try:
            while True:
                self._pending = False
                for message in self.take():
                    await call.write(message.SerializeToString())
                if self._finishing:
                    await call.done_writing()
                    return
                if not self._pending:
                    self._wakeup = self.loop.create_future()
                    await self._wakeup
                    self._wakeup = None
        except (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError):
            pass  # the stream is over; the reading side learns why
        except Exception:
            logger.exception("%s: cannot write", self._path)
            call.cancel()
