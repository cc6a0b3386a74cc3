"""A tenant, its store, a clock that a test moves, and a worker: the rules alone, without a network."""

from __future__ import annotations

import json
from typing import Any

from mattock_engine.core import command as c
from mattock_engine.core.definition import TaskDefinition, WorkflowDefinition
from mattock_engine.core.message import attempts_of
from mattock_engine.core.record import Need
from mattock_engine.core.round import Round
from mattock_engine.core.row import RunRow
from mattock_engine.core.status import Status
from mattock_engine.core.tenant import Tenant
from mattock_engine.memory.store import MemoryStore

SESSION = "s/1"
WORKER = "worker"
# Timers that are due within so many seconds are due together.
SLACK = 0.1


def sole(name: str, **options: Any) -> WorkflowDefinition:
    """A workflow of one task; `task` has the options of that."""
    task = options.pop("task", {})
    return WorkflowDefinition(name, (TaskDefinition(name, f"{name}:{name}", **task),), **options)


class Tenancy:
    """The rules for one tenant. Each round is committed, and what memory lacks is loaded.

    Attributes:
        now: the time.
        started: ids of the tasks that the worker was given, in order.
        actions: what the worker runs.
    """

    def __init__(self, *definitions: WorkflowDefinition) -> None:
        self.now = 1_700_000_000.0
        self.store = MemoryStore()
        self.tenant = Tenant("t")
        self.started: list[str] = []
        self._attempts: dict[str, int] = {}
        self._numbers = 0
        self.actions = [task.action for each in definitions for task in each.tasks]
        for each in definitions:
            self.apply(c.PutWorkflow(each, f"id-of-{each.name}", self.new_id()))

    def new_id(self) -> str:
        """An id like a UUID, in order."""
        self._numbers += 1
        return f"00000000-0000-7000-8000-{self._numbers:012x}"

    def apply(self, command: c.Command) -> Any:
        """A round with one command, and all that follows from it; the command's reply."""
        round_ = Round()
        need, earlier = self.tenant.missing(command), None
        while need is not None:
            self._read(need if earlier is None else need.with_earlier(earlier), round_)
            need, earlier = self.tenant.missing(command), need
        reply = self.tenant.apply(command, self.now, round_)
        self._finish(round_)
        return reply

    def _read(self, need: Need, round_: Round) -> None:
        number = self.tenant.load_begins()
        for loaded in self.store.load(need):
            loaded.number, loaded.asked = number, need.asked
            self.tenant.apply(loaded, self.now, round_)
        self.tenant.load_ends(number)

    def _load(self, need: Need) -> None:
        round_ = Round()
        self._read(need, round_)
        self._finish(round_)

    def _finish(self, round_: Round) -> None:
        self.tenant.dispatch(self.now, round_)
        self.store.commit(round_.records)
        for messages in round_.messages.values():
            for attempt in (each for message in messages for each in attempts_of(message)):
                self.started.append(attempt.task_id)
                self._attempts[attempt.task_id] = attempt.attempt
        for command in round_.followups:
            self.apply(command)
        for refill in self.tenant.refills():
            self._load(Need(refill=[refill]))
        schedules = self.tenant.schedules_to_load(self.now)
        if schedules is not None:
            self._load(Need(schedules=schedules))

    def trigger(self, workflow: str, input: Any = None, **fields: Any) -> str:
        """Starts a run; its id."""
        (found,) = self.trigger_many(workflow, [input or {}], **fields)
        assert isinstance(found, str), found
        return found

    def trigger_many(self, workflow: str, inputs: list[Any], **fields: Any) -> list[Any]:
        """Starts runs with one call; an id for each, or why there is none."""
        items = [c.TriggerItem(self.new_id(), workflow, json.dumps(each), **fields) for each in inputs]
        return list(self.apply(c.Trigger(items)))

    def serve(self, slots: int = 1) -> None:
        """A worker of everything comes."""
        self.apply(c.RegisterWorker(WORKER, "w", self.actions, {"default": slots}))
        self.apply(c.AttachWorker(WORKER, SESSION, []))

    def complete(self, run_id: str, output: str = "{}") -> None:
        """The worker has done a task."""
        self.apply(c.ReportTasks([c.TaskReport(run_id, c.REPORT_COMPLETED, self._attempts.pop(run_id), output)]))

    def drain(self) -> list[str]:
        """The worker does all that it gets, one after the other; ids of the tasks in the order of their starts."""
        while self._attempts:
            self.complete(next(iter(self._attempts)))
        return self.started

    def until(self, at: float) -> None:
        """Time passes up to a moment, from one timer that is due to the next, as the engine lets it."""
        while (due := self.tenant.next_due()) is not None and due <= at + SLACK:
            self.now = max(self.now, due)
            self.apply(c.Tick())
        self.now = max(self.now, at)

    def wait(self, seconds: float) -> None:
        """Time passes, a second at a time."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 1.0)
            self.apply(c.Tick())

    def expire(self) -> None:
        """What waits for too long beyond the windows is looked for in the store, as the engine does now and then."""
        waiting = [row for row in self.store.hot.values() if row.status == Status.QUEUED and row.queue_id]
        due = [row for row in waiting if 0 < row.due_at <= self.now]
        command = c.ExpireQueued(due)
        self._read(Need(ids=[row.run_id for row in due]), round_ := Round())
        self.tenant.apply(command, self.now, round_)
        self._finish(round_)

    def die(self) -> None:
        """The engine dies, another one is built from the store, and the worker connects to it with what it holds."""
        self.tenant = Tenant("t")
        self.tenant.recover(**self.store.state(), now=self.now)
        self._finish(Round())
        if WORKER in self.store.workers:
            self.apply(c.AttachWorker(WORKER, SESSION, sorted(self._attempts.items())))

    def row(self, run_id: str) -> RunRow:
        """What is stored of a run or a task."""
        return self.store.hot.get(run_id) or self.store.finished[run_id]

    def status(self, run_id: str) -> Status:
        """Of a run or a task, as it is stored."""
        return Status(self.row(run_id).status)

    def reason(self, run_id: str) -> str:
        """What a task waits for."""
        return str(self.apply(c.ExplainWait(run_id)))
