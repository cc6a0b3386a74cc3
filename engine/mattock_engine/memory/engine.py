"""The engine in memory: each command is applied, stored and answered at once.

Its clock is the real one plus what was skipped. All of it belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from ..core.command import (
    CloseSession,
    Command,
    EventItem,
    ExplainWait,
    Heartbeat,
    Loaded,
    PushEvents,
    RunRow,
    StepRow,
    Tick,
    Undelivered,
)
from ..core.error import Code, Refused
from ..core.explanation import explain_wait
from ..core.history import branch_at
from ..core.message import Message, attempts_of
from ..core.record import Need
from ..core.round import Round
from ..core.status import FINAL, Kind, Status
from ..core.submission import check_event
from ..core.subscription import SIGNAL_PREFIX
from ..core.tenant import Tenant
from ..identity import Ids
from ..observation.record import Observation, Progress, Sample
from .store import MemoryStore
from .waiting import next_due

TENANT = "00000000-0000-4000-8000-000000000000"
# One load may show the need of another.
MAX_LOADS = 20
MAX_PAYLOAD_BYTES = 4 << 20


class MemorySession:
    """A session of a gateway (see `port.Session`)."""

    __slots__ = ("_engine", "deliver", "id")

    def __init__(self, engine: MemoryEngine, session_id: str, deliver: Callable[[Sequence[Message]], None]) -> None:
        self._engine = engine
        self.id = session_id
        self.deliver = deliver

    def close(self) -> None:
        """Ends it; nothing is delivered after that."""
        self._engine.close_session(self)


class MemoryEngine:
    """What `port.EnginePort` says, for one tenant.

    Attributes:
        tenant: its state machine.
        store: what would be in Postgres.
        activity: grows with each command; on_activity: called then.
        progress: the last of each task that told any; samples: what tasks added to figures.
    """

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.tenant = Tenant(TENANT)
        self.activity = 0
        self.on_activity: Callable[[], object] = bool
        self.progress: dict[str, Progress] = {}
        self.samples: list[Sample] = []
        self._ids = Ids()
        self._skipped = 0.0
        self._now = 0.0
        self._sessions: dict[str, MemorySession] = {}
        self._numbers = itertools.count(1)
        self._queue: deque[tuple[Command, asyncio.Future[Any] | None, Callable[[Any], Any] | None]] = deque()
        self._applying = False
        self._timer: asyncio.TimerHandle | None = None

    # ---- time

    @property
    def now(self) -> float:
        """The time here, seconds since 1970."""
        self._now = max(self._now, time.time() + self._skipped)
        return self._now

    def next_due(self) -> float | None:
        """When the next thing happens by itself; None if nothing will."""
        scheduled = (row.at for row in self.store.schedules.values() if not row.run_id)
        times = (next_due(self.tenant.state), min(scheduled, default=None))
        return min((at for at in times if at is not None), default=None)

    def skip_to(self, at: float) -> None:
        """Moves the clock, and lets happen what is due then. Workers have not been silent meanwhile."""
        self._skipped += max(0.0, at - self.now)
        for worker_id, worker in self.tenant.state.workers.items():
            if worker.session:
                self._submit(Heartbeat(worker_id))
        self._submit(Tick())

    # ---- the port

    def call(
        self, tenant_id: str, command: Command, convert: Callable[[Any], Any] | None = None
    ) -> asyncio.Future[Any]:
        """Applies a command; see `port.EnginePort.call`."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._submit(command, future, convert)
        return future

    def observe(self, tenant_id: str, observations: Sequence[Observation]) -> None:
        """Keeps what tasks tell of themselves; see `port.EnginePort.observe`."""
        for item in observations:
            if isinstance(item, Progress):
                self.progress[item.task_id] = item
            else:
                self.samples.append(item)

    def open_session(
        self, tenant_id: str, deliver: Callable[[Sequence[Message]], None], reset: Callable[[], None]
    ) -> MemorySession:
        """Opens a session; see `port.EnginePort.open_session`. It is never reset."""
        session = MemorySession(self, f"memory/{next(self._numbers)}", deliver)
        self._sessions[session.id] = session
        return session

    def close_session(self, session: MemorySession) -> None:
        """Ends a session."""
        if self._sessions.pop(session.id, None) is not None:
            self._submit(CloseSession(session.id))

    # ---- looking, and speaking to runs

    def awaited(self) -> bool:
        """True while somebody outside of all tasks awaits the result of a run."""
        roots = (self.tenant.state.root_of(run_id) for run_id in self.tenant.state.watchers)
        return any(root is not None and not root.parent_task_id for root in roots)

    def row(self, run_id: str) -> RunRow | None:
        """An unfinished run or task."""
        return self.store.hot.get(run_id)

    def steps(self, task_id: str) -> list[StepRow]:
        """What a durable task has recorded, on its present line."""
        row = self.store.hot.get(task_id) or self.store.finished.get(task_id)
        branches = row.extra.branches if row is not None and row.extra is not None else ()
        mine = [step for (owner, _, _), step in self.store.steps.items() if owner == task_id]
        return sorted((step for step in mine if step.branch == branch_at(branches, step.node)), key=lambda s: s.node)

    def unfinished(self) -> list[tuple[str, str, str]]:
        """Runs that have not ended: id, workflow, and what they wait for."""
        found: list[tuple[str, str, str]] = []
        for row in self.store.hot.values():
            if row.kind == Kind.TASK:
                continue
            tasks = [
                each for each in self.store.hot.values() if each.run_id == row.run_id or each.root_id == row.run_id
            ]
            whys = [self._explain(each.run_id) for each in tasks if each.status not in FINAL]
            name = self.tenant.state.versions[row.version_id].name
            found.append((row.run_id, name, next((why for why in whys if why), "its code")))
        return found

    def _explain(self, task_id: str) -> str:
        task = self.tenant.state.tasks.get(task_id)
        if task is not None and task.status == Status.RUNNING and task.history is not None:
            return next((step.what for step in task.history.steps.values() if not step.order), "")
        return explain_wait(self.tenant.state, ExplainWait(task_id), self.now, Round())

    def push(self, key: str, payload: str, *, metadata: str = "", scope: str = "", priority: int = 0) -> str:
        """Accepts an event; returns its id."""
        event = EventItem(self.new_id(), key, payload, metadata, priority, scope)
        self._submit(PushEvents([check_event(event, MAX_PAYLOAD_BYTES)]))
        return event.event_id

    def signal(self, task_id: str, name: str, data: str, by: str) -> str:
        """Sends a message to a durable task; returns its id.

        Raises:
            Refused: there is no such task, or it has ended.
        """
        row = self.row(task_id)
        if row is None or row.status in FINAL:
            ended = self.store.finished.get(task_id)
            how = (
                "there is none" if ended is None else f"it has ended ({Status(ended.status).name} {ended.error[:200]})"
            )
            raise Refused(Code.FAILED_PRECONDITION, f"task: {task_id}: {how}", "task")
        message_id = self.new_id()
        payload = f'{{"id":"{message_id}","data":{data},"by":{json.dumps(by)},"at":{self.now}}}'
        self._submit(PushEvents([EventItem(message_id, f"{SIGNAL_PREFIX}{task_id}/{name}", payload, scope=task_id)]))
        return message_id

    def new_id(self) -> str:
        """An id of this moment, which is not the real one."""
        return self._ids.make(int(self.now * 1000))

    # ---- rounds

    def _submit(
        self,
        command: Command,
        future: asyncio.Future[Any] | None = None,
        convert: Callable[[Any], Any] | None = None,
    ) -> None:
        self.activity += 1
        self.on_activity()
        self._queue.append((command, future, convert))
        if self._applying:
            return
        self._applying = True
        try:
            while self._queue:
                self._round(*self._queue.popleft())
        finally:
            self._applying = False
        self._set_timer()

    def _round(
        self, command: Command, future: asyncio.Future[Any] | None, convert: Callable[[Any], Any] | None
    ) -> None:
        tenant, round_ = self.tenant, Round()
        try:
            self._load_for(command, round_)
            reply = tenant.apply(command, self.now, round_)
            if future is not None and not future.done():
                future.set_result(reply if convert is None else convert(reply))
        except Refused as refused:
            if future is not None and not future.done():
                future.set_exception(refused)
        tenant.dispatch(self.now, round_)
        self._finish(round_)
        self._refill()

    def _finish(self, round_: Round) -> None:
        self.store.commit(round_.records)
        for session_id, messages in round_.messages.items():
            session = self._sessions.get(session_id)
            if session is not None:
                session.deliver(messages)
                continue
            for message in messages:
                for attempt in attempts_of(message):
                    self._queue.append((Undelivered(attempt.task_id, attempt.attempt), None, None))
        self._queue.extend((command, None, None) for command in round_.followups)

    def _load_for(self, command: Command, round_: Round) -> None:
        earlier: Need | None = None
        for _ in range(MAX_LOADS):
            need = self.tenant.missing(command)
            if need is None:
                return
            earlier = need.with_earlier(earlier)
            self._load(earlier, round_)

    def _refill(self) -> None:
        """Loads what the windows of queues and schedules lack."""
        needs = [Need(refill=[refill]) for refill in self.tenant.refills()]
        schedules = self.tenant.schedules_to_load(self.now)
        if schedules is not None:
            needs.append(Need(schedules=schedules))
        for need in needs:
            round_ = Round()
            self._load(need, round_)
            self.tenant.dispatch(self.now, round_)
            self._finish(round_)

    def _load(self, need: Need, round_: Round) -> None:
        number = self.tenant.load_begins()
        loaded: list[Loaded] = self.store.load(need)
        for each in loaded:
            each.number, each.asked = number, need.asked
            self.tenant.apply(each, self.now, round_)
        self.tenant.load_ends(number)

    def _set_timer(self) -> None:
        """What is due in real time happens without a skip."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.tenant.next_due()
        if due is not None and any(self._sessions):
            delay = min(3600.0, max(0.0, due - self.now))
            self._timer = asyncio.get_running_loop().call_later(delay, self._submit, Tick())

    def close(self) -> None:
        """Nothing happens here any more."""
        self._sessions.clear()
        if self._timer is not None:
            self._timer.cancel()
