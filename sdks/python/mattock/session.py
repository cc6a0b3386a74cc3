"""The call session: triggers and results of all callers in one event loop, on one stream."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator

import grpc.aio

from ._contracts.session_pb2 import CallRequest, CallResponse, RunResult, StreamChunk, TriggerItem
from .channel import CALL, request_error
from .duplex import BATCH_BYTES, BATCH_ITEMS, Duplex
from .error import ConnectionError, MattockError, RequestError, TriggerError
from .setting import ClientSettings

# Room for the rest of a message around the largest input.
_ENVELOPE_BYTES = 2048
# The fields of a refusal (of code 8) that say what is full: limits of a workflow and of the tenant.
_FULL = frozenset({"workflow", "max_queued"})
# Pauses before a trigger that waits for room is sent again: the first one, and the longest; each doubles the last.
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0


class Listener:
    """The chunks of one run, for any number of readers; each reads from the start."""

    __slots__ = ("arrived", "chunks", "ended", "error", "last", "readers", "run_id")

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.chunks: list[StreamChunk] = []
        self.arrived = asyncio.Event()
        self.ended = False
        self.error: MattockError | None = None
        self.readers = 0
        # Attempt and index of the last chunk of each task: after a reconnection those that came before come again.
        self.last: dict[str, tuple[int, int]] = {}

    def put(self, chunk: StreamChunk) -> None:
        if chunk.end:
            self.ended = True
        else:
            place = (chunk.attempt, chunk.index)
            if place <= self.last.get(chunk.task_id, (-1, -1)):
                return
            self.last[chunk.task_id] = place
            self.chunks.append(chunk)
        self.arrived.set()

    def fail(self, error: MattockError) -> None:
        self.error, self.ended = error, True
        self.arrived.set()


class CallSession(Duplex):
    """Starts runs and awaits their results.

    Nothing is lost by a broken stream: triggers that were not accepted are sent again (marked, so that they start no
    second run), as are the ids whose results are awaited.
    """

    def __init__(self, settings: ClientSettings) -> None:
        super().__init__(settings, CALL)
        self._unsent: list[TriggerItem] = []
        self._unaccepted: dict[str, TriggerItem] = {}
        self._accepting: dict[str, asyncio.Future[str]] = {}
        self._waiting: dict[str, list[asyncio.Future[RunResult]]] = {}
        self._watch: list[str] = []
        self._unwatch: list[str] = []
        self._listen: list[str] = []
        self._listeners: dict[str, Listener] = {}
        # Triggers that wait for room: how often each was refused; and those whose pause has not passed.
        self._patient: dict[str, int] = {}
        self._parked: set[str] = set()
        self._broken_since: float | None = None

    # ---- what callers do

    def begin(self, item: TriggerItem, patient: bool = False) -> asyncio.Future[RunResult]:
        """Starts a run; the future is its end. It fails as `execute`; who leaves it calls `abandon`."""
        item.watch = True
        self._put(item, patient)
        return self._wait_for(item.run_id)

    async def execute(self, item: TriggerItem, patient: bool = False) -> RunResult:
        """Starts a run and awaits its end.

        Args:
            item: the run.
            patient: it is sent again and again while it is refused because a queue is full. (Nobody is told when there
                is room: it is a race of all who wait, from any process.)

        Raises:
            TriggerError: the server refused it.
            ConnectionError: the server cannot be reached.
        """
        future = self.begin(item, patient)
        try:
            return await future
        except asyncio.CancelledError:
            self.abandon(item.run_id, future)
            raise

    def trigger(self, item: TriggerItem, patient: bool = False) -> asyncio.Future[str]:
        """Starts a run; the future is its id, once the server has it. It fails as `execute`."""
        self._put(item, patient)
        accepting: asyncio.Future[str] = self.loop.create_future()
        self._accepting[item.run_id] = accepting
        return accepting

    async def result(self, run_id: str) -> RunResult:
        """Awaits the end of a run. Raises `ConnectionError` as `execute`."""
        if run_id not in self._waiting:
            self._watch.append(run_id)
            self._stir()
        future = self._wait_for(run_id)
        try:
            return await future
        except asyncio.CancelledError:
            self.abandon(run_id, future)
            raise

    def hear(self, run_id: str) -> Listener:
        """Begins to listen to a run; called beside `trigger`, it hears all of it."""
        listener = self._listeners.get(run_id)
        if listener is None:
            listener = self._listeners[run_id] = Listener(run_id)
            self._listen.append(run_id)
            self._stir()
        return listener

    async def listen(self, listener: Listener) -> AsyncIterator[StreamChunk]:
        """The chunks of a run's streams from their start, until the run's end."""
        listener.readers += 1
        position = 0
        try:
            while True:
                while position < len(listener.chunks):
                    position += 1
                    yield listener.chunks[position - 1]
                if listener.ended:
                    break
                listener.arrived.clear()
                await listener.arrived.wait()
            if listener.error:
                raise listener.error
        finally:
            listener.readers -= 1
            if not listener.readers:
                self._listeners.pop(listener.run_id, None)

    def _put(self, item: TriggerItem, patient: bool) -> None:
        size = len(item.input) + len(item.metadata)
        if size > self.settings.max_message_bytes - _ENVELOPE_BYTES:
            limit = self.settings.max_message_bytes
            raise TriggerError(f"input: {size} bytes, more than a message of {limit} bytes can hold", 8, "input")
        self._unaccepted[item.run_id] = item
        if patient:
            self._patient[item.run_id] = 0
        self._unsent.append(item)
        self._stir()

    def _stir(self) -> None:
        if self.closed:
            raise ConnectionError("the client is closed")
        if self._task is None or self._task.done():
            self.start()
        self.wake()

    def _wait_for(self, run_id: str) -> asyncio.Future[RunResult]:
        future: asyncio.Future[RunResult] = self.loop.create_future()
        waiters = self._waiting.get(run_id)
        if waiters is None:
            self._waiting[run_id] = [future]
        else:
            waiters.append(future)
        return future

    def abandon(self, run_id: str, future: asyncio.Future[RunResult]) -> None:
        """A caller no longer waits for a run."""
        if not future.cancel() and not future.cancelled():
            # Its error, if it has one, is of no interest.
            future.exception()
        # The run may stand under another id by now.
        for key in (run_id, *self._waiting):
            waiters = self._waiting.get(key)
            if waiters and future in waiters:
                waiters.remove(future)
                if not waiters:
                    del self._waiting[key]
                    self._unwatch.append(key)
                    self.wake()
                return

    # ---- the stream

    def opened(self) -> None:
        unsent = {item.run_id for item in self._unsent} | self._parked
        for run_id, item in self._unaccepted.items():
            item.again = item.again or run_id not in unsent
        self._unsent = [item for run_id, item in self._unaccepted.items() if run_id not in self._parked]
        self._watch = [run_id for run_id in self._waiting if run_id not in self._unaccepted]
        self._unwatch = []
        self._listen = list(self._listeners)

    def take(self) -> Iterator[CallRequest]:
        while self._unsent or self._watch or self._unwatch or self._listen:
            request = CallRequest()
            if self._unsent:
                count = _batch_length(self._unsent)
                request.triggers.extend(self._unsent[:count])
                self._unsent = self._unsent[count:]
            ids_of = [(request.watch, "_watch"), (request.unwatch, "_unwatch")]
            if not self._unsent:
                # Runs are listened to after they are started.
                ids_of.append((request.listen, "_listen"))
            for field, name in ids_of:
                ids = getattr(self, name)
                if ids:
                    field.extend(ids[:BATCH_ITEMS])
                    setattr(self, name, ids[BATCH_ITEMS:])
            yield request

    def receive(self, data: bytes) -> None:
        self._broken_since = None
        response = CallResponse.FromString(data)
        for accepted in response.accepted:
            self._accept(accepted.run_id, accepted.actual_run_id)
        for error in response.errors:
            refusal = TriggerError(error.message, error.code, error.field)
            refusal.existing_run_id = error.existing_run_id
            if not (error.code == 8 and error.field in _FULL and self._park(error.id)):
                self._refuse(error.id, refusal)
        for result in response.results:
            run_id = result.run_id
            self._unaccepted.pop(run_id, None)
            self._patient.pop(run_id, None)
            for future in self._waiting.pop(run_id, ()):
                if not future.done():
                    future.set_result(result)
        for chunk in response.chunks:
            listener = self._listeners.get(chunk.run_id)
            if listener is not None:
                listener.put(chunk)
                if chunk.end:
                    del self._listeners[chunk.run_id]

    def _accept(self, run_id: str, actual: str) -> None:
        actual = actual or run_id
        self._unaccepted.pop(run_id, None)
        self._patient.pop(run_id, None)
        if self._accepting:
            accepting = self._accepting.pop(run_id, None)
            if accepting is not None and not accepting.done():
                accepting.set_result(actual)
        if actual == run_id:
            return
        if listener := self._listeners.pop(run_id, None):
            listener.run_id = actual
            self._listeners[actual] = listener
            self._listen.append(actual)
            self.wake()
        if waiters := self._waiting.pop(run_id, None):
            self._waiting.setdefault(actual, []).extend(waiters)
            # The watch that came with the trigger may have been answered before we knew the id.
            self._watch.append(actual)
            self.wake()

    def _park(self, run_id: str) -> bool:
        """Sends a trigger that waits for room again after a pause; False for one that does not wait."""
        if run_id not in self._patient:
            return False
        refused = self._patient[run_id]
        self._patient[run_id] = refused + 1
        self._parked.add(run_id)
        pause = min(_FIRST_PAUSE * 2 ** min(refused, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)
        self.loop.call_later(pause, self._unpark, run_id)
        return True

    def _unpark(self, run_id: str) -> None:
        self._parked.discard(run_id)
        item = self._unaccepted.get(run_id)
        if item is None or self.closed:
            return
        accepting = self._accepting.get(run_id)
        if run_id in self._waiting or (accepting is not None and not accepting.done()):
            self._unsent.append(item)
            self.wake()
        else:
            self._refuse(run_id, ConnectionError("nobody waits for it any longer"))

    def _refuse(self, run_id: str, error: MattockError) -> None:
        self._unaccepted.pop(run_id, None)
        self._patient.pop(run_id, None)
        accepting = self._accepting.pop(run_id, None)
        futures: list[asyncio.Future[RunResult]] = self._waiting.pop(run_id, [])
        for future in (*futures, *([accepting] if accepting else ())):
            if not future.done():
                future.set_exception(error)
        if listener := self._listeners.get(run_id):
            listener.fail(error)

    def wanted(self) -> bool:
        return bool(self._unaccepted or self._waiting or self._listeners)

    def interrupted(self, error: grpc.aio.AioRpcError, permanent: bool) -> None:
        if not self.wanted():
            self._broken_since = None
            return
        now = self.loop.time()
        if self._broken_since is None:
            self._broken_since = now
        if permanent:
            self._fail_all(request_error(error, RequestError))
        elif now - self._broken_since >= self.settings.reconnect_seconds:
            where, text = self.settings.host_port, error.details()
            self._fail_all(ConnectionError(f"cannot reach the server at {where}: {text}"))
            self._broken_since = None

    def _fail_all(self, error: MattockError) -> None:
        for run_id in {*self._unaccepted, *self._waiting, *self._accepting, *self._listeners}:
            self._refuse(run_id, error)
        self._unsent.clear()

    async def close(self) -> None:
        await super().close()
        self._fail_all(ConnectionError("the client was closed"))


def _batch_length(items: list[TriggerItem]) -> int:
    """How many of the items go in one message."""
    size = 0
    for count, item in enumerate(items[:BATCH_ITEMS]):
        size += len(item.input) + len(item.metadata) + 300
        if size > BATCH_BYTES and count:
            return count
    return min(len(items), BATCH_ITEMS)
