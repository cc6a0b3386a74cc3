"""References to runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._contracts.session_pb2 import RunResult

if TYPE_CHECKING:
    from .client import Mattock
    from .record import RunDetails, Status
    from .session import CallSession, Listener

R = TypeVar("R", covariant=True)


class RunRef(Generic[R]):
    """A run that was started.

    Attributes:
        run_id: the run's id.
    """

    __slots__ = ("_child", "_client", "_heard", "_read", "run_id")

    def __init__(self, client: Mattock, run_id: str, read: Callable[[RunResult], R]) -> None:
        self._client = client
        self._read = read
        self._heard: tuple[CallSession, Listener] | None = None
        # In the durable task that started it, its result is a step.
        self._child: Callable[[], Awaitable[RunResult]] | None = None
        self.run_id = run_id

    def _keep(self, session: CallSession, listener: Listener) -> None:
        """What the run streams is heard already."""
        self._heard = (session, listener)

    def __repr__(self) -> str:
        return f"RunRef({self.run_id!r})"

    @property
    def workflow_run_id(self) -> str:
        """The same as `run_id`."""
        return self.run_id

    async def aio_result(self) -> R:
        """Awaits the run's output.

        Returns:
            A task's output as its type; a workflow's as a dict of its tasks' outputs by name.

        Raises:
            RunFailed: a task failed; holds its traceback.
            RunCancelled: the run was cancelled.
            ConnectionError: the server cannot be reached.
        """
        if self._child is not None:
            return self._read(await self._child())
        return self._read(await self._client.session.result(self.run_id))

    def result(self) -> R:
        """Waits for the run's output; as `aio_result`. Raises `SyncInAsyncError` where an event loop runs."""
        return self._client.block_on(self.aio_result(), "ref.aio_result()")

    async def aio_stream_bytes(self) -> AsyncIterator[bytes]:
        """What the run's tasks put into their streams, from the start until the run ends.

        A run that has ended streams no more: start it with `stream=True` to hear all of it in any case.

        Yields:
            The chunks, in order.
        """
        session = self._client.session
        heard = self._heard
        listener = heard[1] if heard is not None and heard[0] is session else session.hear(self.run_id)
        async for chunk in session.listen(listener):
            yield chunk.data

    async def aio_stream(self) -> AsyncIterator[str]:
        """As `aio_stream_bytes`, as text."""
        async for data in self.aio_stream_bytes():
            yield data.decode(errors="replace")

    def stream_bytes(self) -> Iterator[bytes]:
        """As `aio_stream_bytes`; blocks for each chunk."""
        chunks = self.aio_stream_bytes()
        block = self._client.block_on
        try:
            while True:
                try:
                    yield block(_next(chunks), "ref.aio_stream()")
                except StopAsyncIteration:
                    return
        finally:
            block(_close(chunks), "ref.aio_stream()")

    def stream(self) -> Iterator[str]:
        """As `stream_bytes`, as text."""
        for data in self.stream_bytes():
            yield data.decode(errors="replace")

    def status(self) -> Status:
        """The run's status now: QUEUED, RUNNING, COMPLETED, FAILED or CANCELLED. Raises as `Runs.get_status`."""
        return self._client.runs.get_status(self.run_id)

    async def aio_status(self) -> Status:
        """The run's status now."""
        return await self._client.runs.aio_get_status(self.run_id)

    def details(self) -> RunDetails:
        """The run with its tasks, as they are now. Raises as `Runs.get`."""
        return self._client.runs.get(self.run_id)

    async def aio_details(self) -> RunDetails:
        """The run with its tasks, as they are now."""
        return await self._client.runs.aio_get(self.run_id)

    def cancel(self) -> None:
        """Cancels the run, with all that it started; harmless if it has ended. Raises as `Runs.cancel`."""
        self._client.runs.cancel(self.run_id)

    async def aio_cancel(self) -> None:
        """Cancels the run, with all that it started."""
        await self._client.runs.aio_cancel(self.run_id)

    def replay(self) -> None:
        """Runs it again, if it has ended: the same id, all tasks. Raises as `Runs.replay`."""
        self._client.runs.replay(self.run_id)

    async def aio_replay(self) -> None:
        """Runs it again, if it has ended: the same id, all tasks."""
        await self._client.runs.aio_replay(self.run_id)


async def _next(chunks: AsyncIterator[bytes]) -> bytes:
    return await anext(chunks)


async def _close(chunks: Any) -> None:
    await chunks.aclose()
