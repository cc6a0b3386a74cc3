"""Limits of what waits, the pace of a tenant, and what becomes of runs that wait for too long."""

from __future__ import annotations

import pytest
from mattock_engine.core import command as c
from mattock_engine.core.definition import DebounceDefinition, IdempotencyDefinition, QueueLimitDefinition
from mattock_engine.core.error import Code
from mattock_engine.core.lifecycle import SCHEDULE_TIMEOUT_ERROR
from mattock_engine.core.round import Round
from mattock_engine.core.status import DROPPED_BY_TENANT, DROPPED_BY_WORKFLOW, Status
from mattock_engine.core.steer import PutTenantLimits

from .tenancy import Tenancy, sole

CAPPED = sole("capped", queue_limit=QueueLimitDefinition(3))
DROPPING = sole("dropping", queue_limit=QueueLimitDefinition(3, drop_oldest=True))


@pytest.fixture(params=[False, True], ids=["", "dies"])
def dies(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def busy(name: str, dies: bool, count: int) -> tuple[Tenancy, list[str]]:
    """A tenancy in which the only slot is taken and so many runs wait; ids of those."""
    tenancy = Tenancy(CAPPED if name == "capped" else DROPPING)
    tenancy.serve(1)
    tenancy.trigger(name)
    waiting = [tenancy.trigger(name) for _ in range(count)]
    if dies:
        tenancy.die()
    return tenancy, waiting


def test_one_more_than_may_wait_is_refused(dies: bool) -> None:
    tenancy, waiting = busy("capped", dies, 3)
    (refused,) = tenancy.trigger_many("capped", [{}])
    assert isinstance(refused, c.Refusal)
    assert refused.code == Code.RESOURCE_EXHAUSTED
    assert "has 3 queued runs, and may have 3" in refused.message
    assert {tenancy.status(run_id) for run_id in waiting} == {Status.QUEUED}
    tenancy.complete(tenancy.started[0])
    assert tenancy.status(tenancy.trigger("capped")) == Status.QUEUED


def test_the_oldest_goes_for_one_more(dies: bool) -> None:
    tenancy, waiting = busy("dropping", dies, 3)
    newest = tenancy.trigger("dropping")
    assert (tenancy.status(waiting[0]), tenancy.row(waiting[0]).error) == (Status.CANCELLED, DROPPED_BY_WORKFLOW)
    rest = [*waiting[1:], newest]
    assert {tenancy.status(run_id) for run_id in rest} == {Status.QUEUED}
    assert tenancy.drain()[1:] == rest


def test_of_many_that_come_at_once_the_oldest_go(dies: bool) -> None:
    """Those of one call came at the same time: their order is that of the call."""
    tenancy, first = busy("dropping", False, 1)
    waiting = tenancy.trigger_many("dropping", [{}] * 2)
    if dies:
        tenancy.die()
    more = tenancy.trigger_many("dropping", [{}] * 2)
    assert [tenancy.status(run_id).name for run_id in (*first, *waiting)] == ["CANCELLED", "CANCELLED", "QUEUED"]
    assert tenancy.drain()[1:] == [waiting[1], *more]


def test_what_was_to_be_dropped_when_the_engine_died_goes_with_the_next() -> None:
    tenancy, waiting = busy("dropping", False, 3)
    # It dies between the commit of a run and the cancellation of the one that makes room for it.
    round_ = Round()
    newest = tenancy.new_id()
    tenancy.tenant.apply(c.Trigger([c.TriggerItem(newest, "dropping")]), tenancy.now, round_)
    tenancy.tenant.dispatch(tenancy.now, round_)
    tenancy.store.commit(round_.records)
    tenancy.die()
    assert {tenancy.status(run_id) for run_id in (*waiting, newest)} == {Status.QUEUED}
    last = tenancy.trigger("dropping")
    assert tenancy.drain()[1:] == [waiting[2], newest, last]


@pytest.mark.parametrize("drops", [False, True], ids=["reject", "drop-oldest"])
def test_a_tenants_limit_of_what_waits(dies: bool, drops: bool) -> None:
    tenancy = Tenancy(sole("a"), sole("b"))
    tenancy.serve(1)
    tenancy.apply(PutTenantLimits(c.TenantLimits(max_queued=3, drop_oldest=drops)))
    tenancy.trigger("a")
    waiting = [tenancy.trigger(name) for name in "aba"]
    if dies:
        tenancy.die()
    (more,) = tenancy.trigger_many("b", [{}])
    if drops:
        assert (tenancy.status(waiting[0]), tenancy.row(waiting[0]).error) == (Status.CANCELLED, DROPPED_BY_TENANT)
        assert sorted(tenancy.drain()[1:]) == [*waiting[1:], more]
    else:
        assert isinstance(more, c.Refusal)
        assert more.code == Code.RESOURCE_EXHAUSTED
        assert "has 3 queued tasks, and may have 3" in more.message
        assert sorted(tenancy.drain()[1:]) == waiting


def test_a_tenants_limit_of_what_runs(dies: bool) -> None:
    tenancy = Tenancy(sole("a"), sole("b"))
    tenancy.serve(10)
    tenancy.apply(PutTenantLimits(c.TenantLimits(max_running=2)))
    runs = [tenancy.trigger(name) for name in "aabb"]
    if dies:
        tenancy.die()
    assert sorted(tenancy.started) == runs[:2]
    assert tenancy.reason(runs[2]) == "the tenant's limit of 2 running tasks"
    tenancy.complete(runs[0])
    assert len(tenancy.started) == 3


def test_a_tenants_pace(dies: bool) -> None:
    """Of a flood two start a second, to the second."""
    tenancy = Tenancy(sole("a"))
    tenancy.serve(100)
    tenancy.apply(PutTenantLimits(c.TenantLimits(pace=2.0)))
    began = tenancy.now
    tenancy.trigger_many("a", [{}] * 21)
    at = dict.fromkeys(tenancy.started, 0.0)
    while len(at) < 21:
        assert tenancy.reason(next(run_id for run_id in tenancy.store.hot if run_id not in at)) == "the tenant's pace"
        if dies:
            tenancy.die()
        tenancy.now += 0.05
        tenancy.apply(c.Tick())
        for run_id in tenancy.started:
            at.setdefault(run_id, tenancy.now - began)
    starts = sorted(at.values())
    # One at once, and two a second from then on; a tick of 0.05 s may be late by as much each time.
    assert 10.0 <= starts[-1] < 12.0
    for since in range(10):
        assert sum(since <= each < since + 1.0 for each in starts) <= 3
        assert sum(since <= each < since + 1.0 for each in starts) >= 1


def test_what_waits_for_too_long_fails(dies: bool) -> None:
    tenancy = Tenancy(sole("a"))
    short, long = tenancy.trigger("a", extra=c.Extra(ttl=5.0)), tenancy.trigger("a", extra=c.Extra(ttl=60.0))
    if dies:
        tenancy.wait(3.0)
        tenancy.die()
        tenancy.serve(0)
        tenancy.wait(1.5)
    else:
        tenancy.wait(4.5)
    assert tenancy.status(short) == Status.QUEUED
    tenancy.wait(1.0)
    tenancy.expire()
    assert tenancy.status(short) == Status.FAILED
    assert tenancy.row(short).error == SCHEDULE_TIMEOUT_ERROR
    assert tenancy.status(long) == Status.QUEUED


@pytest.mark.parametrize("until_end", [False, True], ids=["throttled", "unique"])
def test_one_run_of_a_key(dies: bool, until_end: bool) -> None:
    tenancy = Tenancy(sole("once", idempotency=IdempotencyDefinition("'k/' + input.key", 60.0, until_end)))
    tenancy.serve(1)
    first = tenancy.trigger("once", {"key": "a"})
    if dies:
        tenancy.die()
    (refused,) = tenancy.trigger_many("once", [{"key": "a"}])
    assert isinstance(refused, c.Refusal)
    assert (refused.code, refused.existing) == (Code.ALREADY_EXISTS, first)
    other = tenancy.trigger("once", {"key": "b"})
    tenancy.complete(first)
    (again,) = tenancy.trigger_many("once", [{"key": "a"}])
    # A claim for a time lasts so long, whether the run has ended or not.
    assert isinstance(again, str) == until_end
    tenancy.now += 61.0
    tenancy.apply(c.Heartbeat("worker"))
    tenancy.drain()
    assert isinstance(tenancy.trigger_many("once", [{"key": "a"}])[0], str)
    assert other in tenancy.started


def test_the_last_of_a_succession_runs(dies: bool) -> None:
    tenancy = Tenancy(sole("index", debounce=DebounceDefinition("input.page", 10.0, 25.0)))
    tenancy.serve(5)
    runs = []
    for _ in range(3):
        runs.append(tenancy.trigger("index", {"page": "a"}))
        tenancy.wait(5.0)
    other = tenancy.trigger("index", {"page": "b"})
    if dies:
        tenancy.die()
    assert not tenancy.started
    assert [tenancy.status(run_id).name for run_id in runs] == ["CANCELLED", "CANCELLED", "BACKOFF"]
    tenancy.apply(c.Heartbeat("worker"))
    tenancy.wait(4.9)
    assert not tenancy.started
    tenancy.wait(0.2)
    assert tenancy.started == [runs[2]]
    tenancy.wait(4.7)
    assert tenancy.started == [runs[2]]
    tenancy.wait(0.3)
    assert tenancy.started == [runs[2], other]
