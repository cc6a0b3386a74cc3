"""Paused workflows: what becomes of what is queued, of crons, and of schedules; also if the engine dies meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from mattock_engine.core import command as c
from mattock_engine.core.definition import ConcurrencyDefinition, TaskDefinition, WorkflowDefinition
from mattock_engine.core.pause import HELD_TOO_LONG
from mattock_engine.core.status import Status, Strategy

from .tenancy import Tenancy, sole

EACH_MINUTE = "* * * * *"
LATER = "Dropped while its workflow was paused"


@pytest.fixture(params=[False, True], ids=["", "dies"])
def dies(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def pause(tenancy: Tenancy, name: str, paused: bool = True, **options: Any) -> None:
    """Pauses a workflow, or lets it go on."""
    tenancy.apply(c.PauseWorkflow(f"id-of-{name}", paused, **options))


def test_order_is_kept(dies: bool) -> None:
    tenancy = Tenancy(sole("held", task={"schedule_timeout": 1000.0}))
    tenancy.serve(1)
    runs = [tenancy.trigger("held") for _ in range(3)]
    pause(tenancy, "held")
    runs += [tenancy.trigger("held") for _ in range(20)]
    if dies:
        tenancy.die()
    # What runs goes on, and nothing else begins.
    tenancy.complete(runs[0])
    assert tenancy.started == runs[:1]
    assert tenancy.reason(runs[1]) == "its workflow is paused"
    pause(tenancy, "held", False)
    assert tenancy.drain() == runs


@pytest.mark.parametrize("drops", [False, True], ids=["hold", "drop"])
def test_crons_of_a_paused_workflow(dies: bool, drops: bool) -> None:
    tenancy = Tenancy(sole("report", crons=(EACH_MINUTE,)), sole("other", crons=(EACH_MINUTE,)))
    pause(tenancy, "report", drop_crons=drops)
    if dies:
        tenancy.die()
    tenancy.wait(180.0)
    row = next(each for each in tenancy.store.crons.values() if each.workflow == "report")
    others = [each for each in tenancy.store.hot.values() if each.workflow_id == "id-of-other"]
    held = sorted(
        (each for each in tenancy.store.hot.values() if each.workflow_id == "id-of-report"),
        key=lambda each: each.created_at,
    )
    assert len(others) == 3
    assert row.problem == (LATER if drops else "")
    assert len(held) == (0 if drops else 3)
    pause(tenancy, "report", False)
    tenancy.serve(1)
    started = [run_id for run_id in tenancy.drain() if tenancy.row(run_id).workflow_id == "id-of-report"]
    assert started == [each.run_id for each in held]
    # The next tick is none of those that were dropped.
    tenancy.wait(60.0)
    row = next(each for each in tenancy.store.crons.values() if each.workflow == "report")
    assert row.problem == ""
    assert tenancy.row(row.last_run_id).workflow_id == "id-of-report"


@pytest.mark.parametrize("drops", [False, True], ids=["hold", "drop"])
def test_schedules_of_a_paused_workflow(dies: bool, drops: bool) -> None:
    tenancy = Tenancy(sole("later"))
    rows = [c.ScheduleRow(schedule_id=tenancy.new_id(), workflow="later", at=tenancy.now + at) for at in (5, 9, 60)]
    ids = tenancy.apply(c.PutSchedules(rows))
    pause(tenancy, "later", drop_schedules=drops)
    if dies:
        tenancy.die()
    tenancy.wait(20.0)
    stored = [tenancy.store.schedules[each] for each in ids]
    assert [each.problem for each in stored] == ([LATER, LATER, ""] if drops else [""] * 3)
    assert len(tenancy.store.hot) == (0 if drops else 2)
    pause(tenancy, "later", False)
    tenancy.serve(1)
    assert tenancy.drain() == ([] if drops else [each.run_id for each in stored[:2]])
    tenancy.apply(c.Heartbeat("worker"))
    tenancy.wait(25.0)
    tenancy.apply(c.Heartbeat("worker"))
    tenancy.wait(20.0)
    assert tenancy.store.schedules[ids[2]].run_id == tenancy.drain()[-1]


DAG = WorkflowDefinition(
    "dag",
    (TaskDefinition("one", "dag:one"), TaskDefinition("two", "dag:two", parents=("one",))),
    concurrency=(ConcurrencyDefinition("'all'", 1, Strategy.GROUP_ROUND_ROBIN),),
)


@pytest.mark.parametrize("definition", [sole("sole"), DAG], ids=["task", "dag"])
def test_what_is_held_has_a_time_to_live(dies: bool, definition: WorkflowDefinition) -> None:
    tenancy = Tenancy(definition)
    early = tenancy.trigger(definition.name)
    pause(tenancy, definition.name, patience=100.0)
    tenancy.wait(50.0)
    late = tenancy.trigger(definition.name)
    if dies:
        tenancy.die()
    tenancy.wait(49.0)
    tenancy.expire()
    assert tenancy.status(early) == Status.QUEUED
    # Its time counts from the pause on, that of one that came later from then on.
    tenancy.wait(3.0)
    tenancy.expire()
    assert tenancy.status(early) == Status.CANCELLED
    # A run of several tasks has its reason at the first of them.
    first = next(row for row in tenancy.store.finished.values() if early in (row.run_id, row.root_id) and row.task_name)
    assert first.error == HELD_TOO_LONG
    assert tenancy.status(late) == Status.QUEUED
    tenancy.wait(50.0)
    tenancy.expire()
    assert tenancy.status(late) == Status.CANCELLED


def test_a_pause_without_an_end_costs_no_time(dies: bool) -> None:
    """The time in which a task must start does not pass while its workflow is paused, and begins anew after."""
    tenancy = Tenancy(sole("held", task={"schedule_timeout": 60.0}))
    run_id = tenancy.trigger("held")
    tenancy.wait(50.0)
    pause(tenancy, "held")
    tenancy.wait(500.0)
    if dies:
        tenancy.die()
    tenancy.wait(100.0)
    pause(tenancy, "held", False)
    tenancy.wait(58.0)
    tenancy.expire()
    assert tenancy.status(run_id) == Status.QUEUED
    tenancy.wait(70.0)
    tenancy.expire()
    assert tenancy.status(run_id) == Status.FAILED
