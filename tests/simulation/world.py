"""The world around the core: callers, workers, a clock that jumps, an engine that crashes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from mattock_engine.core import command as c
from mattock_engine.core.error import Refused
from mattock_engine.core.message import CancelTask, Message, RunFinished, StepSettled, StopTask, attempts_of
from mattock_engine.core.record import Need
from mattock_engine.core.round import Round
from mattock_engine.core.status import Kind
from mattock_engine.core.step import AwaitSteps, ForkTask, RecordSteps
from mattock_engine.core.tenant import Tenant
from mattock_engine.memory.store import MemoryStore

from . import program
from .actor import SimulatedWorker, Window
from .definition import definitions, runs_of
from .early import check_times
from .invariant import check, check_places, check_round, count_units, count_waiting

CALLER = "caller/1"


class World:
    """One seeded run of the simulation.

    Attributes:
        store: the tables; all that survives a crash.
        returned: ids of runs that callers were told.
        scheduled: ids of schedules that were accepted, and not taken away.
        pushed: ids of events that were accepted, with how many runs each starts.
        wanted: runs whose result somebody still waits for.
        inflight: messages on their way to workers, by session.
        ran: ids of the tasks that ran at the last check.
        windows: of each rate limit, when its window began, what it may give in it, and what it has given.
        starts: attempts that have taken units of rate limits: ids of tasks, and numbers.
        arrived: of each workflow that limits how many of its runs wait, the places of all that ever did.
        counted: of these, those that waited at the last check.
        dropped: ids of runs that were dropped for newer ones.
        unordered: of those that have no place among them: they were replayed, or seen after a crash alone.
        naps: tasks that wait for their sleep alone, with the time at which it began.
    """

    def __init__(self, seed: int, *, trace: Callable[[str], None] | None = None) -> None:
        self.random = random.Random(seed)
        self.trace = trace
        self.now = 1_700_000_000.0
        self.store = MemoryStore()
        self.returned: set[str] = set()
        self.pushed: dict[str, int] = {}
        self.scheduled: set[str] = set()
        self.wanted: set[str] = set()
        self.answered: set[str] = set()
        self.ran: set[str] = set()
        self.windows: dict[str, Window] = {}
        self.starts: set[tuple[str, int]] = set()
        self.arrived: dict[str, dict[str, int]] = {}
        self.counted: dict[str, set[str]] = {}
        self.dropped: set[str] = set()
        self.unordered: set[str] = set()
        self.naps: dict[str, float] = {}
        self.workers: dict[str, SimulatedWorker] = {}
        self.inflight: dict[str, list[Message]] = {}
        self.loads: list[tuple[Tenant, list[c.Loaded], c.Command | None, int, Need]] = []
        self.numbers = 0
        # At rest many small rounds follow each other: they are checked together.
        self.checks_each_round = True
        self.waiting: list[tuple[Need, c.Command | None]] = []
        self.step_replies: list[tuple[c.Command, Any]] = []
        self.settled: dict[tuple[str, int, int], str] = {}
        self.tenant = Tenant("t")
        self.crashes = 0
        self._register()

    def _register(self) -> None:
        self.run(c.PutRateLimit("shared", 4, 6.0))
        for definition in definitions():
            self.run(c.PutWorkflow(definition, self.new_id(), self.new_id()))
        for _ in range(3):
            self.add_worker()

    def new_id(self) -> str:
        """An id like a UUID, in order."""
        self.numbers += 1
        return f"00000000-0000-7000-8000-{self.numbers:012x}"

    def new_event_id(self) -> str:
        """An id that tells its time, as events have it."""
        at = f"{int(self.now * 1000):012x}"
        return f"{at[:8]}-{at[8:]}{self.new_id()[13:]}"

    def any_task(self) -> str | None:
        """One of the tasks that have not ended."""
        tasks = [row.run_id for row in self.store.hot.values() if row.kind != Kind.DAG]
        return self.random.choice(tasks) if tasks else None

    def some_worker(self) -> SimulatedWorker | None:
        """One of the workers."""
        return self.random.choice(list(self.workers.values())) if self.workers else None

    def say(self, text: str) -> None:
        """A line of the trace."""
        if self.trace is not None:
            self.trace(text)

    # ---- the engine's loop ----

    def run(self, *commands: c.Command, crash: str = "") -> list[Any]:
        """One round: applies, dispatches, commits, releases. With `crash`, the engine dies at that point."""
        tenant, round_ = self.tenant, Round()
        replies: list[Any] = []
        queue = list(commands)
        while queue:
            command = queue.pop(0)
            need = tenant.missing(command)
            if need is not None:
                self.waiting.append((need, command))
                replies.append(None)
                continue
            replies.append(self._apply(tenant, command, round_))
            if round_.barrier:
                break
        self._finish_round(tenant, round_, crash)
        if queue and tenant is self.tenant:
            replies += self.run(*queue)
        return replies

    def _apply(self, tenant: Tenant, command: c.Command, round_: Round) -> Any:
        self.say(f"{self.now:.2f} {command}")
        try:
            reply = tenant.apply(command, self.now, round_)
        except Refused as refused:
            reply = refused
        if isinstance(command, ForkTask) and not isinstance(reply, Refused):
            row = self.store.hot.get(command.task_id) or self.store.finished[command.task_id]
            self.answered.discard(row.root_id or row.run_id)
        if isinstance(command, RecordSteps | AwaitSteps):
            self.step_replies.append((command, reply))
        return reply

    def _finish_round(self, tenant: Tenant, round_: Round, crash: str = "") -> None:
        tenant.dispatch(self.now, round_)
        step_replies, self.step_replies = self.step_replies, []
        waiting, self.waiting = self.waiting, []
        if crash == "before commit":
            self.crash()
            return
        check_round(self.store, round_)
        check_places(tenant.state, round_)
        self.store.commit(round_.records)
        count_units(self, round_)
        if crash == "after commit":
            self.crash()
            return
        for need, command in waiting:
            self._load(tenant, need, command)
        followups = round_.followups
        schedules = tenant.schedules_to_load(self.now)
        if schedules is not None:
            self._load(tenant, Need(schedules=schedules), None)
        for queue_id, after, limit in tenant.refills():
            self._load(tenant, Need(refill=[(queue_id, after, limit)]), None)
        for command, reply in step_replies:
            program.on_reply(self, command, reply)
        for session, messages in round_.messages.items():
            self._release(session, messages)
        if self.checks_each_round:
            check(self)
            check_times(self)
        if followups and tenant is self.tenant:
            self.run(*followups)

    def _release(self, session: str, messages: list[Message]) -> None:
        if session == CALLER:
            for message in messages:
                if isinstance(message, RunFinished):
                    self.answered.add(message.run_id)
                    self.wanted.discard(message.run_id)
            return
        if session in self.inflight:
            self.inflight[session].extend(messages)
            return
        for message in messages:
            for attempt in attempts_of(message):
                self.run(c.Undelivered(attempt.task_id, attempt.attempt))

    def _load(self, tenant: Tenant, need: Need, command: c.Command | None) -> None:
        """Reads a snapshot now; it arrives some steps later."""
        number = tenant.load_begins()
        answers = self.store.load(need)
        for answer in answers:
            answer.number = number
            answer.asked = need.asked
        self.loads.append((tenant, answers, command, number, need))

    def arrive(self, index: int) -> None:
        """Rows that were read earlier reach the core, and the command that waited for them with them."""
        tenant, answers, command, number, earlier = self.loads.pop(index)
        if tenant is not self.tenant:
            return
        round_ = Round()
        for answer in answers:
            self._apply(tenant, answer, round_)
        tenant.load_ends(number)
        need = tenant.missing(command) if command is not None else None
        if need is not None:
            self.waiting.append((need.with_earlier(earlier), command))
        elif command is not None:
            reply = self._apply(tenant, command, round_)
            self.note_reply(command, reply)
        self._finish_round(tenant, round_)

    def note_reply(self, command: c.Command, reply: Any) -> None:
        """Remembers what callers were told."""
        if isinstance(command, c.PutSchedules) and isinstance(reply, list):
            self.scheduled.update(reply)
        if isinstance(command, c.PushEvents) and isinstance(reply, list):
            self.pushed.update((event.event_id, runs_of(event)) for event in command.events)
        if isinstance(command, c.Trigger) and isinstance(reply, list):
            for item in reply:
                if isinstance(item, str):
                    self.returned.add(item)
                    if command.watch_session and item not in self.answered:
                        self.wanted.add(item)

    def crash(self) -> None:
        """The engine dies and another is built from the store. Sessions are gone; workers go on by themselves."""
        self.crashes += 1
        self.say("CRASH")
        self.tenant = Tenant("t")
        self.tenant.recover(**self.store.state(), now=self.now)
        for workflow_id, waiting in self.tenant.state.unstarted.items():
            self.unordered |= waiting.keys() - self.arrived.get(workflow_id, {}).keys()
            count_waiting(self, workflow_id)
        for worker in self.workers.values():
            self.inflight.pop(worker.session, None)
            worker.session = ""
            program.await_again(self, worker)
        self.run()
        wanted = sorted(self.wanted)
        if wanted:
            self.run(c.WatchRuns(CALLER, wanted))

    # ---- workers ----

    def add_worker(self) -> SimulatedWorker:
        """A new worker process registers and attaches."""
        worker = SimulatedWorker(self.new_id(), tells_held=self.random.random() < 0.5)
        actions = sorted({task.action for d in definitions() for task in d.tasks} | {"guarded:mend"})
        if self.random.random() < 0.3:
            actions = self.random.sample(actions, 5)
        self.workers[worker.worker_id] = worker
        slots = {"default": self.random.choice([1, 3, 5])}
        self.run(c.RegisterWorker(worker.worker_id, "w", actions, slots, labels=self.labels()))
        self.attach(worker)
        return worker

    def labels(self) -> dict[str, str | int]:
        """Some labels; mostly not those that tasks ask for."""
        return {"zone": self.random.choice("abb"), "size": self.random.choice([1, 3])}

    def attach(self, worker: SimulatedWorker) -> None:
        """Opens (or replaces) the worker's session."""
        old = worker.session
        worker.session = f"s/{self.new_id()}"
        self.inflight[worker.session] = []
        held = sorted(worker.holds.items()) if worker.tells_held else None
        reply = self.run(c.AttachWorker(worker.worker_id, worker.session, held))[0]
        self.inflight.pop(old, None)
        if isinstance(reply, Refused):
            self.inflight.pop(worker.session, None)
            worker.session = ""
        elif isinstance(reply, list):
            for task_id, attempt in reply:
                if worker.holds.get(task_id) == attempt:
                    del worker.holds[task_id]
        program.await_again(self, worker)

    def crash_point(self) -> str:
        """Where the engine dies in a round, mostly nowhere."""
        return self.random.choice(("before commit", "after commit")) if self.random.random() < 0.02 else ""

    def note_settled(self, task_id: str, branch: int, node: int, payload: str) -> None:
        """A step's outcome was told: it is the same for all times."""
        known = self.settled.setdefault((task_id, branch, node), payload)
        assert known == payload, f"step {node} of {task_id} was told with two outcomes"

    def receive(self, worker: SimulatedWorker) -> None:
        """The worker takes the messages that are on their way to it."""
        messages = self.inflight.get(worker.session, [])
        count = self.random.randint(0, len(messages))
        for message in messages[:count]:
            for attempt in attempts_of(message):
                worker.holds[attempt.task_id] = attempt.attempt
            if isinstance(message, StepSettled | StopTask):
                program.on_message(self, worker, message)
            elif isinstance(message, CancelTask) and worker.holds.get(message.task_id) == message.attempt:
                del worker.holds[message.task_id]
        del messages[:count]

    def kill(self, worker: SimulatedWorker) -> None:
        """kill -9: what it held is lost with it; its session ends."""
        del self.workers[worker.worker_id]
        session, worker.session = worker.session, ""
        self.inflight.pop(session, None)
        if session:
            self.run(c.DetachWorker(worker.worker_id, session))
