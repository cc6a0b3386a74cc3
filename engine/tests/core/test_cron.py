"""Crons: what becomes of ticks that are missed, that overlap, and that are spread."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
from mattock_engine.core import command as c
from mattock_engine.core import cron
from mattock_engine.core.definition import TaskDefinition, WorkflowDefinition
from mattock_engine.core.record import Records
from mattock_engine.core.round import Round
from mattock_engine.core.row import CronRow
from mattock_engine.core.tenant import Tenant

SESSION = "s/1"
# 2023-11-14T22:13:20Z
BEGIN = 1_700_000_000.0
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
# Timers that are due within so many seconds are due together.
SLACK = 0.1


class Clock:
    """A tenant with one workflow, and what it has started."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.tenant = Tenant("t")
        # Ticks by the ids of their runs, in the order in which these started; what was cancelled.
        self.started: dict[str, float] = {}
        self.cancelled: list[str] = []
        self._version = self._put_workflow()

    def _put_workflow(self) -> Any:
        definition = WorkflowDefinition("w", (TaskDefinition("w", "w:w", schedule_timeout=365 * DAY),))
        return self.apply(c.PutWorkflow(definition, "workflow", "version")).workflows[0]

    def apply(self, command: c.Command) -> Records:
        round_ = Round()
        self.tenant.apply(command, self.now, round_)
        self.tenant.dispatch(self.now, round_)
        for run_id, row in round_.records.inserted.items():
            at = json.loads(row.metadata)["hatchet__cron_scheduled_at"]
            assert run_id not in self.started
            self.started[run_id] = datetime.fromisoformat(at).timestamp()
        for each in round_.followups:
            assert isinstance(each, c.CancelRuns)
            self.cancelled += each.ids
        return round_.records

    def put(self, expression: str = "0 * * * *", **options: Any) -> CronRow:
        self.apply(c.PutCron(CronRow(cron_id="cron", workflow="w", expression=expression, **options)))
        return self.row

    @property
    def row(self) -> CronRow:
        return self.tenant.state.crons["cron"]

    def until(self, at: float) -> list[float]:
        """All that happens up to a time, as the engine would do it; the ticks that fired."""
        known = len(self.started)
        while (due := self.tenant.next_due()) is not None and due <= at + SLACK:
            self.now = max(self.now, due)
            self.apply(c.Tick())
        self.now = max(self.now, at)
        return list(self.started.values())[known:]

    def dead_until(self, at: float) -> list[float]:
        """No engine runs up to a time; then another takes over. The ticks that fire at once."""
        row = deepcopy(self.row)
        self.now, self.tenant = at, Tenant("t")
        nothing: dict[str, Any] = {
            name: []
            for name in [
                "workers",
                "rows",
                "tallies",
                "tenant_limits",
                "members",
                "rates",
                "filters",
                "active_cron_runs",
                "steps",
                "claims",
                "pauses",
                "unstarted",
            ]
        }
        self.tenant.recover(versions=[self._version], crons=[row], sequence=0, now=at, **nothing)
        return self.until(at)

    def finish(self, run_id: str) -> None:
        """The run's only task is taken by a worker and completes."""
        state = self.tenant.state
        if not state.workers:
            self.apply(c.RegisterWorker("worker", "w", ["w:w"], {"default": 100}))
            self.apply(c.AttachWorker("worker", SESSION))
        task = state.tasks[run_id]
        self.apply(c.ReportTasks([c.TaskReport(run_id, c.REPORT_COMPLETED, attempt=task.attempt)]))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def hours(first: float, count: int) -> list[float]:
    return [first + number * HOUR for number in range(count)]


FIRST = BEGIN - BEGIN % HOUR + HOUR


def test_each_tick_fires_once(clock: Clock) -> None:
    clock.put()
    assert clock.until(BEGIN + 5 * HOUR) == hours(FIRST, 5)
    # A second engine, and the same engine that looks again, find nothing that is due.
    assert clock.dead_until(clock.now) == []
    assert list(clock.started) == [cron.run_id_of("cron", tick) for tick in hours(FIRST, 5)]


class TestMissed:
    """No engine ran when they were due."""

    def test_skip_goes_on_with_the_next(self, clock: Clock) -> None:
        clock.put(missed="skip")
        assert clock.dead_until(FIRST + 2 * DAY + MINUTE * 10) == []
        assert clock.until(FIRST + 2 * DAY + HOUR) == [FIRST + 2 * DAY + HOUR]

    def test_one_is_the_last(self, clock: Clock) -> None:
        clock.put(missed="one")
        assert clock.dead_until(FIRST + 2 * DAY + MINUTE * 10) == [FIRST + 2 * DAY]
        assert clock.until(FIRST + 2 * DAY + HOUR) == [FIRST + 2 * DAY + HOUR]

    def test_all_come_in_their_order(self, clock: Clock) -> None:
        clock.put(missed="all")
        assert clock.dead_until(FIRST + 2 * DAY + MINUTE * 10) == hours(FIRST, 49)
        assert clock.until(FIRST + 2 * DAY + HOUR) == [FIRST + 2 * DAY + HOUR]

    @pytest.mark.parametrize(("missed", "count"), [("one", 1), ("all", cron.MOST_MISSED)])
    def test_of_very_many_the_last_ones(self, clock: Clock, missed: str, count: int) -> None:
        """A month of a tick each second: what is made up for is the newest, and what follows is the next."""
        clock.put("* * * * * *", missed=missed)
        at = BEGIN + 30 * DAY + 0.5
        last = BEGIN + 30 * DAY
        assert clock.dead_until(at) == [last - number for number in range(count)][::-1]
        assert clock.row.next_at == last + 1

    def test_none_is_missed_by_an_engine_that_is_late(self, clock: Clock) -> None:
        """A minute is no outage: all of them fire."""
        clock.put("* * * * * *", missed="skip")
        assert clock.dead_until(BEGIN + 50) == [BEGIN + number for number in range(1, 51)]

    @pytest.mark.parametrize("missed", ["skip", "one", "all"])
    def test_in_an_hour_that_comes_twice(self, clock: Clock, missed: str) -> None:
        """An engine that starts in the second of the two hours neither fires a past tick again nor stands still."""
        second = 1_792_890_000.0  # 2026-10-25T01:00:00Z: 02:00 in Berlin for the second time
        clock.now = second - 7200
        clock.put("30 2 * * *", timezone="Europe/Berlin", missed=missed)
        tick = second - 1800
        assert clock.row.next_at == tick
        assert clock.dead_until(second + 600) == ([] if missed == "skip" else [tick])
        assert clock.row.next_at == tick + DAY + HOUR
        assert clock.until(second + DAY) == [tick + DAY + HOUR] * (tick + DAY + HOUR <= second + DAY)


class TestOverlap:
    """The run of the tick before has not ended."""

    def test_allow_starts_beside_it(self, clock: Clock) -> None:
        clock.put(overlap="allow")
        assert clock.until(FIRST + 2 * HOUR) == hours(FIRST, 3)
        assert clock.cancelled == []

    def test_skip_starts_none_until_it_ends(self, clock: Clock) -> None:
        clock.put(overlap="skip")
        assert clock.until(FIRST + 2 * HOUR) == [FIRST]
        clock.finish(cron.run_id_of("cron", FIRST))
        assert clock.until(FIRST + 3 * HOUR) == [FIRST + 3 * HOUR]

    def test_cancel_ends_it(self, clock: Clock) -> None:
        clock.put(overlap="cancel")
        assert clock.until(FIRST + 2 * HOUR) == hours(FIRST, 3)
        assert clock.cancelled == [cron.run_id_of("cron", tick) for tick in hours(FIRST, 2)]

    def test_queue_starts_them_one_after_another(self, clock: Clock) -> None:
        clock.put(overlap="queue")
        assert clock.until(FIRST + 3 * HOUR) == [FIRST]
        for number, tick in enumerate(hours(FIRST, 4)):
            run_id = list(clock.started)[-1]
            # Each is told the tick that it is for, not when it began.
            assert clock.started[run_id] == tick
            assert (len(clock.started), clock.row.pending) == (number + 1, 3 - number)
            clock.finish(run_id)
        assert len(clock.started) == 4
        assert clock.until(FIRST + 4 * HOUR) == [FIRST + 4 * HOUR]

    def test_queue_keeps_what_was_missed(self, clock: Clock) -> None:
        clock.put(overlap="queue", missed="all")
        assert clock.dead_until(FIRST + 2 * HOUR + 10 * MINUTE) == [FIRST]
        clock.finish(list(clock.started)[-1])
        clock.finish(list(clock.started)[-1])
        assert list(clock.started.values()) == hours(FIRST, 3)


class TestJitter:
    """Ticks are late, so that not all crons fire at once."""

    def test_it_stays_within_its_bound_and_is_the_same_after_a_take_over(self, clock: Clock) -> None:
        clock.put(jitter=600.0)
        late = []
        for tick in hours(FIRST, 50):
            due = clock.tenant.next_due()
            assert due is not None
            late.append(due - tick)
            if len(late) % 2:
                assert clock.dead_until(due - 1) == []
                assert clock.tenant.next_due() == due
            assert clock.until(due - 1) == []
            assert clock.until(due) == [tick]
        assert 0 <= min(late) < 100 < 500 < max(late) < 600 + SLACK

    def test_crons_of_one_time_are_spread(self, clock: Clock) -> None:
        for number in range(100):
            row = CronRow(cron_id=f"c{number}", workflow="w", expression="0 * * * *", name=str(number), jitter=60.0)
            clock.apply(c.PutCron(row))
        fired = [len(clock.until(FIRST + 6 * step)) for step in range(1, 11)]
        assert sum(fired) == 100
        assert min(fired) > 0


def test_a_paused_one_makes_up_for_nothing(clock: Clock) -> None:
    clock.put(missed="all")
    clock.apply(c.ChangeCron("cron", enabled=False))
    assert clock.until(FIRST + DAY) == []
    clock.apply(c.ChangeCron("cron", enabled=True))
    assert clock.until(FIRST + DAY + HOUR) == [FIRST + DAY + HOUR]


def test_a_backfill_starts_what_has_not_run(clock: Clock) -> None:
    clock.put()
    assert clock.until(FIRST + HOUR) == hours(FIRST, 2)
    for _ in range(2):
        clock.apply(c.BackfillCron("cron", FIRST - 3 * HOUR, FIRST + HOUR))
        assert list(clock.started.values()) == [*hours(FIRST, 2), *hours(FIRST - 3 * HOUR, 3)]
