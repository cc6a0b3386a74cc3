"""Which worker a task goes to: labels, weights, turns."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from mattock_engine.core import command as c
from mattock_engine.core.choice import Choice
from mattock_engine.core.definition import LabelDefinition, TaskDefinition, WorkflowDefinition
from mattock_engine.core.message import Assign, attempts_of
from mattock_engine.core.round import Round
from mattock_engine.core.status import Comparator, Sticky
from mattock_engine.core.tenant import Tenant
from mattock_engine.core.worker import Worker

NOW = 1_700_000_000.0
Labels = dict[str, str | int]


def wish(value: str | int, comparator: Comparator = Comparator.EQUAL, **options: Any) -> LabelDefinition:
    """Of the label `zone`."""
    return LabelDefinition("zone", value, comparator, **options)


def worker_of(labels: Labels, worker_id: str = "w") -> Worker:
    """A worker with these labels."""
    return Worker(c.WorkerRow(worker_id=worker_id, name="w", actions=["w:w"], slots={"default": 1}, labels=labels), NOW)


class Engine:
    """A tenant with the workflow `w`, and what its workers are sent."""

    def __init__(self, *labels: LabelDefinition, slots: int = 1) -> None:
        self.tenant = Tenant("t")
        self.sent: list[Assign] = []
        task = TaskDefinition("w", "w:w", labels=labels, slots=(("default", slots),))
        self.apply(c.PutWorkflow(WorkflowDefinition("w", (task,)), "workflow", "version"))

    def apply(self, command: c.Command) -> list[str]:
        """One round; the runs that it assigned."""
        round_ = Round()
        self.tenant.apply(command, NOW, round_)
        self.tenant.dispatch(NOW, round_)
        fresh = [each for messages in round_.messages.values() for message in messages for each in attempts_of(message)]
        self.sent += fresh
        return [each.task_id for each in fresh]

    def worker(self, worker_id: str, labels: Labels | None = None, slots: int = 1) -> list[str]:
        """Opens a worker; the runs that it was assigned."""
        self.apply(c.RegisterWorker(worker_id, "w", ["w:w"], {"default": slots}, labels or {}))
        return self.apply(c.AttachWorker(worker_id, f"s/{worker_id}"))

    def run(self, run_id: str, *labels: LabelDefinition) -> list[str]:
        """Starts a run that asks for labels of its own."""
        return self.apply(c.Trigger([c.TriggerItem(run_id, "w", "{}", desired_labels=labels)]))

    def relabel(self, worker_id: str, labels: Labels) -> list[str]:
        """Changes a worker's labels; the runs that were assigned."""
        return self.apply(c.ChangeWorker(worker_id, labels))

    def end(self, run_id: str) -> list[str]:
        """A run completes; the runs that were assigned."""
        return self.apply(c.ReportTasks([c.TaskReport(run_id, c.REPORT_COMPLETED)]))

    @property
    def places(self) -> dict[str, str]:
        """Which worker each run was sent to last."""
        return {each.task_id: each.worker_id for each in self.sent}


ORDER = {
    Comparator.EQUAL: (False, True, False),
    Comparator.NOT_EQUAL: (True, False, True),
    Comparator.GREATER_THAN: (False, False, True),
    Comparator.GREATER_THAN_OR_EQUAL: (False, True, True),
    Comparator.LESS_THAN: (True, False, False),
    Comparator.LESS_THAN_OR_EQUAL: (True, True, False),
}


@pytest.mark.parametrize("comparator", Comparator, ids=lambda each: each.name)
def test_numbers_are_compared(comparator: Comparator) -> None:
    required, preferred = (Choice(labels=(wish(64, comparator, required=each),)) for each in (True, False))
    workers = [worker_of({"zone": value}) for value in (63, 64, 65)]
    assert tuple(map(required.allows, workers)) == ORDER[comparator]
    assert tuple(preferred.rank(worker) == 100 for worker in workers) == ORDER[comparator]
    assert all(map(preferred.allows, workers))
    # Nothing can be said of what it does not have, or has as text.
    others: list[Labels] = [{}, {"zone": "64"}, {"zone": "x"}, {"size": 64}]
    for other in others:
        assert not required.allows(worker_of(other))
        assert preferred.rank(worker_of(other)) == 0


@pytest.mark.parametrize(
    ("comparator", "met"), [(Comparator.EQUAL, (True, False)), (Comparator.NOT_EQUAL, (False, True))]
)
def test_text_is_compared(comparator: Comparator, met: tuple[bool, bool]) -> None:
    choice = Choice(labels=(wish("64", comparator, required=True),))
    assert tuple(choice.allows(worker_of({"zone": value})) for value in ("64", "65")) == met
    assert not choice.allows(worker_of({"zone": 64}))
    assert not choice.allows(worker_of({}))


def test_each_required_label_must_be_met() -> None:
    choice = Choice(labels=(wish("a", required=True), LabelDefinition("size", 2, Comparator.GREATER_THAN, True)))
    assert choice.allows(worker_of({"zone": "a", "size": 3}))
    assert not choice.allows(worker_of({"zone": "a", "size": 2}))
    assert not choice.allows(worker_of({"zone": "b", "size": 3}))


@pytest.mark.parametrize("sticky", [Sticky.SOFT, Sticky.HARD])
def test_a_sticky_task_asks_for_its_worker(sticky: Sticky) -> None:
    choice = Choice(sticky, "home")
    home, away = worker_of({}, "home"), worker_of({}, "away")
    assert choice.allows(home)
    assert choice.allows(away) == (sticky == Sticky.SOFT)
    assert choice.rank(home) > choice.rank(away)


def heavy(key: str, weight: int) -> LabelDefinition:
    """A label that a worker should have, and how much it counts."""
    return LabelDefinition(key, 1, weight=weight)


@pytest.mark.parametrize(
    ("labels", "best"),
    [
        ((heavy("a", 100), heavy("b", 60)), "one"),
        ((heavy("a", 100), heavy("b", 60), heavy("c", 60)), "two"),
        ((heavy("b", 10), heavy("d", 11)), "three"),
        ((heavy("a", -5), heavy("b", -1), heavy("d", -9)), "two"),
        ((heavy("a", 1000), LabelDefinition("d", 1, required=True, weight=1)), "three"),
    ],
    ids=["more weight", "the sum counts", "by one", "less than nothing", "required goes before weight"],
)
def test_weights_choose_among_several(labels: tuple[LabelDefinition, ...], best: str) -> None:
    for order in (("one", "two", "three"), ("three", "two", "one")):
        engine = Engine()
        theirs: dict[str, Labels] = {"one": {"a": 1}, "two": {"b": 1, "c": 1}, "three": {"d": 1}}
        for name in order:
            engine.worker(name, theirs[name])
        assert engine.run("run", *labels) == ["run"]
        assert engine.places["run"] == best


@pytest.mark.parametrize("labels", [(), (wish("a", required=True),), (wish("a"),)], ids=["none", "required", "weight"])
def test_workers_that_are_alike_get_as_much(labels: tuple[LabelDefinition, ...]) -> None:
    engine = Engine(*labels)
    for name in ("one", "two", "three"):
        engine.worker(name, {"zone": "a"})
    engine.worker("other", {"zone": "b"} if labels else {}, slots=0)
    for number in range(300):
        engine.run(f"run{number}")
        engine.end(f"run{number}")
    assert Counter(engine.places.values()) == {"one": 100, "two": 100, "three": 100}


def test_labels_that_come_later_let_run_what_waits_for_them() -> None:
    engine = Engine(wish("a", required=True))
    engine.worker("one", {"zone": "b"}, slots=2)
    assert engine.run("first") == []
    assert engine.relabel("one", {"size": 1}) == []
    assert engine.run("second") == []
    assert engine.relabel("one", {"zone": "a"}) == ["first", "second"]
    engine.end("first")
    assert engine.run("third") == ["third"]


def test_a_worker_without_room_takes_what_waits_for_its_new_labels_when_it_has_room() -> None:
    engine = Engine()
    engine.worker("one")
    engine.run("busy")
    engine.run("choosy", wish("a", required=True))
    assert engine.relabel("one", {"zone": "a"}) == []
    assert engine.end("busy") == ["choosy"]


def test_a_closed_worker_gets_nothing_for_its_new_labels_until_it_opens() -> None:
    engine = Engine(wish("a", required=True))
    engine.worker("one")
    engine.run("run")
    engine.apply(c.ChangeWorker("one", paused=True))
    assert engine.relabel("one", {"zone": "a"}) == []
    assert engine.apply(c.ChangeWorker("one", paused=False)) == ["run"]


@pytest.mark.parametrize("paused", [True, False])
def test_labels_and_a_pause_that_change_at_once(paused: bool) -> None:
    engine = Engine(wish("a", required=True))
    engine.worker("one")
    engine.apply(c.ChangeWorker("one", paused=not paused))
    engine.run("run")
    assert engine.apply(c.ChangeWorker("one", {"zone": "a"}, paused)) == ([] if paused else ["run"])


def test_a_worker_that_loses_its_label_gets_nothing_more() -> None:
    engine = Engine(wish("a", required=True))
    engine.worker("one", {"zone": "a"}, slots=2)
    for name in ("first", "second", "third"):
        engine.run(name)
    engine.relabel("one", {"zone": "b"})
    # What it holds it keeps; what waited for its room does not get it.
    assert engine.end("first") == []
    assert engine.run("fourth") == []
    assert engine.worker("two", {"zone": "a"}) == ["third"]
    assert engine.end("third") == ["fourth"]
    assert engine.places == {"first": "one", "second": "one", "third": "two", "fourth": "two"}


def test_room_kept_for_a_large_task_is_free_once_it_may_not_come() -> None:
    engine = Engine(slots=2)
    engine.apply(c.PutWorkflow(WorkflowDefinition("small", (TaskDefinition("w", "w:w"),)), "small", "version2"))
    engine.worker("one", {"zone": "a"}, slots=2)

    def small(run_id: str) -> list[str]:
        return engine.apply(c.Trigger([c.TriggerItem(run_id, "small", "{}")]))

    assert small("small1") == ["small1"]
    assert engine.run("large", wish("a", required=True)) == []
    assert small("small2") == []
    assert engine.relabel("one", {"zone": "b"}) == ["small2"]
