"""Sticky runs: HARD waits for its worker, SOFT goes elsewhere when that has no room or is gone."""

from __future__ import annotations

import pytest
from mattock_engine.core import command as c
from mattock_engine.core.definition import TaskDefinition, WorkflowDefinition
from mattock_engine.core.message import Assign, attempts_of
from mattock_engine.core.round import Round
from mattock_engine.core.status import Sticky
from mattock_engine.core.tenant import Tenant
from mattock_engine.core.worker import LOST_AFTER

ACTIONS = ["w:a", "w:b", "w:c", "other:o"]
BOTH = pytest.mark.parametrize("sticky", [Sticky.SOFT, Sticky.HARD], ids=["SOFT", "HARD"])


class Engine:
    """A tenant with a sticky workflow, one that is not, and two workers of one slot each."""

    def __init__(self, sticky: Sticky, *roots: str) -> None:
        self.tenant, self.now = Tenant("t"), 1_700_000_000.0
        self.sent: dict[str, Assign] = {}
        first = tuple(TaskDefinition(name, f"w:{name}", retries=1) for name in roots or ("a",))
        last = TaskDefinition("c", "w:c", parents=tuple(task.name for task in first))
        self.apply(c.PutWorkflow(WorkflowDefinition("w", (*first, last), sticky=sticky), "workflow", "version"))
        other = WorkflowDefinition("other", (TaskDefinition("o", "other:o"),))
        self.apply(c.PutWorkflow(other, "workflow2", "version2"))
        for name in ("one", "two"):
            self.apply(c.RegisterWorker(name, name, ACTIONS, {"default": 1}))
            self.apply(c.AttachWorker(name, f"s/{name}"))

    def apply(self, command: c.Command) -> list[tuple[str, str]]:
        """One round; which tasks were sent, and to whom."""
        round_ = Round()
        self.tenant.apply(command, self.now, round_)
        self.tenant.dispatch(self.now, round_)
        fresh = [each for messages in round_.messages.values() for message in messages for each in attempts_of(message)]
        names = [each.task_id if each.task_name == "o" else each.task_name for each in fresh]
        self.sent.update(zip(names, fresh, strict=True))
        return [(name, each.worker_id) for name, each in zip(names, fresh, strict=True)]

    def run(self, desired: str = "") -> list[tuple[str, str]]:
        """Starts the sticky run."""
        return self.apply(c.Trigger([c.TriggerItem("run", "w", "{}", desired_worker_id=desired)]))

    def fill(self, name: str) -> list[tuple[str, str]]:
        """Starts a run of the other workflow, which takes a slot of any worker."""
        return self.apply(c.Trigger([c.TriggerItem(name, "other", "{}")]))

    def end(self, name: str, kind: int = c.REPORT_COMPLETED) -> list[tuple[str, str]]:
        """What was sent ends."""
        sent = self.sent[name]
        return self.apply(c.ReportTasks([c.TaskReport(sent.task_id, kind, sent.attempt)]))

    def lose(self, worker_id: str) -> list[tuple[str, str]]:
        """A worker is silent for too long, and the other one is not."""
        self.now += LOST_AFTER - 1
        self.apply(c.Heartbeat("two" if worker_id == "one" else "one"))
        self.now += 2
        return self.apply(c.Tick())


@BOTH
def test_a_task_whose_worker_is_full(sticky: Sticky) -> None:
    engine = Engine(sticky)
    assert engine.run() == [("a", "one")]
    assert engine.fill("x") == [("x", "two")]
    assert engine.fill("y") == []
    # What waited for a slot takes the one that is free.
    assert engine.end("a") == [("y", "one")]
    assert engine.end("x") == ([("c", "two")] if sticky == Sticky.SOFT else [])
    assert engine.end("y") == ([] if sticky == Sticky.SOFT else [("c", "one")])
    assert engine.end("c") == []
    assert not engine.tenant.state.tasks


@BOTH
def test_a_task_whose_worker_has_room_goes_there_and_not_to_the_next_in_turn(sticky: Sticky) -> None:
    engine = Engine(sticky)
    assert engine.run() == [("a", "one")]
    assert engine.end("a") == [("c", "one")]


@BOTH
def test_a_task_whose_worker_is_gone(sticky: Sticky) -> None:
    engine = Engine(sticky)
    assert engine.run() == [("a", "one")]
    engine.apply(c.DetachWorker("one", "s/one"))
    assert engine.end("a") == ([("c", "two")] if sticky == Sticky.SOFT else [])
    assert engine.apply(c.AttachWorker("one", "s/again")) == ([] if sticky == Sticky.SOFT else [("c", "one")])


@BOTH
def test_a_run_goes_with_its_only_task_that_begins_again_elsewhere(sticky: Sticky) -> None:
    engine = Engine(sticky)
    assert engine.run() == [("a", "one")]
    assert engine.lose("one") == [("a", "two")]
    assert engine.end("a") == [("c", "two")]


@BOTH
def test_first_tasks_of_a_run_stay_together(sticky: Sticky) -> None:
    engine = Engine(sticky, "a", "b")
    sent = engine.run()
    assert sent[0] == ("a", "one")
    assert sent[1:] == ([("b", "two")] if sticky == Sticky.SOFT else [])
    sent = engine.end("a")
    assert sent == ([] if sticky == Sticky.SOFT else [("b", "one")])
    assert engine.end("b") == [("c", "one")]


def test_a_first_task_of_several_is_retried_at_its_run_s_worker() -> None:
    engine = Engine(Sticky.HARD, "a", "b")
    assert engine.run() == [("a", "one")]
    assert engine.end("a", c.REPORT_FAILED) == [("b", "one")]
    assert engine.end("b") == [("a", "one")]
    assert engine.end("a") == [("c", "one")]


@BOTH
def test_a_run_is_sent_to_a_worker(sticky: Sticky) -> None:
    engine = Engine(sticky)
    assert engine.run(desired="two") == [("a", "two")]
    assert engine.end("a") == [("c", "two")]


@BOTH
def test_a_run_is_sent_to_a_worker_that_is_full(sticky: Sticky) -> None:
    engine = Engine(sticky)
    assert engine.fill("x") == [("x", "one")]
    if sticky == Sticky.HARD:
        assert engine.run(desired="one") == []
        assert engine.end("x") == [("a", "one")]
        assert engine.end("a") == [("c", "one")]
    else:
        # It stays where it began, not where it was sent.
        assert engine.run(desired="one") == [("a", "two")]
        assert engine.end("x") == []
        assert engine.end("a") == [("c", "two")]


def test_a_run_that_is_not_sticky_passes_over_where_it_is_sent() -> None:
    engine = Engine(Sticky.NONE)
    assert engine.run(desired="two") == [("a", "one")]
