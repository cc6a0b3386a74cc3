"""What streams of live changes are fed with: one session of the engine for all onlookers of a tenant here.

A reader that is slow gets what has become of things since it read last, not a backlog; beyond a bound, a hint to read
anew. So memory is bounded however many changes there are.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...core.command import Listen, WatchTenant
from ...core.error import Code, Refused
from ...core.message import Change, Message, RunEnded, StreamChunk, TaskLogged, TenantChanged
from ...port import EnginePort

# Changes of runs that wait for a reader; then it is told to read anew.
MAX_WAITING = 2000
# Log lines and stream chunks that wait for the reader of one run, and their bytes.
MAX_LINES = 2000
MAX_LINE_BYTES = 4 << 20
# Digests that are kept for readers who come again, and seconds for which a feed outlives its last reader.
KEPT = 40
LINGER_SECONDS = 20.0
# Streams of one tenant on one replica.
MAX_STREAMS = 500
RETRY_SECONDS = 0.5
# By the kinds of `RunEnded`.
_STATUS_OF = {2: "COMPLETED", 3: "FAILED", 4: "CANCELLED"}


class Reader:
    """One stream's part: what it has not been told yet.

    Attributes:
        topics: what it wants to hear of; runs, if among them, are named.
        run: the id of the run it is about; "" for the whole tenant.
        refresh: something was left out: what it knows must be read anew.
        ended: the run is over; status: how, if that is known.
        closed: the feed is: the server stops.
        place: of the newest digest in what waits, for `Last-Event-ID`.
    """

    def __init__(self, topics: frozenset[str], run: str = "") -> None:
        self.topics = topics
        self.run = run
        self.changes: dict[str, Change] = {}
        self.changed: dict[str, None] = {}
        self.logged: dict[str, None] = {}
        self.lines: list[TaskLogged | StreamChunk] = []
        self.more = 0
        self.refresh = False
        self.ended = False
        self.status: str | None = None
        self.closed = False
        self.place = ""
        self.wake = asyncio.Event()
        self._line_bytes = 0

    def take(self, place: str, digest: TenantChanged) -> None:
        """A digest of the tenant."""
        self.place = place
        changes: Iterable[Change] = digest.runs
        logged: Iterable[str] = digest.logged
        topics: Iterable[str] = (topic for topic in digest.topics if topic in self.topics)
        if self.run:
            changes = [change for change in digest.runs if self.run in (change.id, change.root_id)]
            logged, topics = (), ("runs",) if changes else ()
            self.refresh = self.refresh or digest.more > 0
        elif "runs" in self.topics:
            self.more += digest.more
        else:
            changes = ()
        for change in changes:
            self.changes[change.id] = change
        self.changed.update(dict.fromkeys(topics))
        if "logs" in self.topics:
            self.logged.update(dict.fromkeys(logged))
        if len(self.changes) > MAX_WAITING or len(self.logged) > MAX_WAITING:
            self.more += len(self.changes)
            self.changes, self.logged, self.refresh = {}, {}, True
        if self.changed or self.refresh:
            self.wake.set()

    def take_line(self, line: TaskLogged | StreamChunk) -> None:
        """A line of a log, or a chunk of a stream."""
        size = len(line.message) if isinstance(line, TaskLogged) else len(line.data)
        if len(self.lines) >= MAX_LINES or self._line_bytes + size > MAX_LINE_BYTES:
            self.refresh = True
        else:
            self.lines.append(line)
            self._line_bytes += size
        self.wake.set()

    def start_anew(self) -> None:
        """Something was missed."""
        self.refresh = True
        self.wake.set()

    def clear(self) -> None:
        """All that waited has been told."""
        self.changes, self.changed, self.logged, self.lines = {}, {}, {}, []
        self.more, self.refresh, self._line_bytes = 0, False, 0


class Feed:
    """The digests of one tenant, and who reads them here."""

    def __init__(self, engine: EnginePort, tenant_id: str, forget: Callable[[], None]) -> None:
        self._engine = engine
        self._tenant_id = tenant_id
        self._forget = forget
        self._name = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[tuple[int, TenantChanged]] = deque(maxlen=KEPT)
        self._timer: asyncio.TimerHandle | None = None
        self.readers: set[Reader] = set()
        self._session = engine.open_session(tenant_id, self._deliver, self._reset)
        self._watch()

    def join(self, reader: Reader, last: str) -> None:
        """Adds a reader; `last` is the place of the last digest that it knows, "" for none."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.readers.add(reader)
        reader.place = f"{self._name}-{self._number}"
        if last and last != reader.place:
            name, _, number = last.partition("-")
            known = int(number) if name == self._name and number.isdecimal() else -1
            if known < self._number - len(self._kept):
                reader.start_anew()
            for place, digest in self._kept:
                if place > known >= 0:
                    reader.take(f"{self._name}-{place}", digest)

    def leave(self, reader: Reader) -> None:
        """Removes a reader; the feed goes on for a while, for it may come again."""
        self.readers.discard(reader)
        if not self.readers and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._end)

    def close(self) -> None:
        """Ends all streams: the server stops."""
        for reader in self.readers:
            reader.closed = True
            reader.wake.set()
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        self._timer = None
        if not self.readers:
            self._session.close()
            self._forget()

    def _deliver(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if isinstance(message, TenantChanged):
                self._number += 1
                self._kept.append((self._number, message))
                for reader in self.readers:
                    reader.take(f"{self._name}-{self._number}", message)

    def _reset(self) -> None:
        """The owner has forgotten us, and may have told things to nobody."""
        self._kept.clear()
        self._number += 1
        for reader in self.readers:
            reader.start_anew()
        self._watch()

    def _watch(self) -> None:
        self._engine.call(self._tenant_id, WatchTenant(self._session.id)).add_done_callback(self._watched)

    def _watched(self, done: asyncio.Future[Any]) -> None:
        if not done.cancelled() and done.exception() is not None:
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._watch)


class RunLines:
    """The log lines and stream chunks of one run, for one reader; `close` it."""

    def __init__(self, engine: EnginePort, tenant_id: str, reader: Reader) -> None:
        self._engine = engine
        self._tenant_id = tenant_id
        self._reader = reader
        self._open = True
        self._session = engine.open_session(tenant_id, self._deliver, self._reset)

    async def start(self) -> None:
        """Begins to listen.

        Raises:
            Refused: NOT_FOUND: the tenant has no such run.
        """
        over = await self._engine.call(self._tenant_id, Listen(self._session.id, self._reader.run, logs=True))
        if over:
            self._reader.ended = True
            self._reader.wake.set()

    def close(self) -> None:
        """Listens no longer."""
        self._open = False
        self._session.close()

    def _deliver(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if isinstance(message, TaskLogged | StreamChunk):
                self._reader.take_line(message)
            elif isinstance(message, RunEnded):
                self._reader.ended, self._reader.status = True, _STATUS_OF.get(message.kind)
                self._reader.wake.set()

    def _reset(self) -> None:
        self._reader.start_anew()
        command = Listen(self._session.id, self._reader.run, logs=True)
        self._engine.call(self._tenant_id, command).add_done_callback(self._listening)

    def _listening(self, done: asyncio.Future[Any]) -> None:
        if done.cancelled() or not self._open:
            return
        error = done.exception()
        if error is None:
            self._reader.ended = self._reader.ended or bool(done.result())
            self._reader.wake.set()
        elif isinstance(error, Refused) and error.code == Code.UNAVAILABLE:
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._reset)


class Feeds:
    """The feeds of all tenants that somebody looks at through this replica; those of the others cost nothing."""

    def __init__(self, engine: EnginePort) -> None:
        self._engine = engine
        self._of: dict[str, Feed] = {}

    def join(self, tenant_id: str, reader: Reader, last: str = "") -> Feed:
        """Adds a reader of a tenant.

        Raises:
            Refused: RESOURCE_EXHAUSTED: too many read already.
        """
        feed = self._of.get(tenant_id)
        if feed is None:
            feed = self._of[tenant_id] = Feed(self._engine, tenant_id, lambda: self._forget(tenant_id))
        if len(feed.readers) >= MAX_STREAMS:
            raise Refused(Code.RESOURCE_EXHAUSTED, f"{MAX_STREAMS} streams are open already; close one")
        feed.join(reader, last)
        return feed

    def _forget(self, tenant_id: str) -> None:
        del self._of[tenant_id]

    def lines(self, tenant_id: str, reader: Reader) -> RunLines:
        """The lines of a reader's run."""
        return RunLines(self._engine, tenant_id, reader)

    def close(self) -> None:
        """Ends all streams."""
        for feed in self._of.values():
            feed.close()
