"""Crons: what becomes of ticks that are missed, that overlap, and that are spread."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from mattock_engine.core import command as c
from mattock_engine.core import cron
from mattock_engine.core.row import CronRow

from .tenancy import SLACK, Tenancy, sole

# 2023-11-14T22:13:20Z
BEGIN = 1_700_000_000.0
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


class Clock(Tenancy):
    """A tenant with one workflow.

    Attributes:
        ticks: by the ids of their runs, in the order in which these came.
        cancelled: ids of runs.
    """

    def __init__(self) -> None:
        self.ticks: dict[str, float] = {}
        self.cancelled: list[str] = []
        super().__init__(sole("w", task={"schedule_timeout": 365 * DAY}))

    def apply(self, command: c.Command) -> Any:
        """Notes what is cancelled, and what has come."""
        if isinstance(command, c.CancelRuns):
            self.cancelled += command.ids
        reply = super().apply(command)
        for run_id, row in self.store.hot.items():
            if run_id not in self.ticks:
                at = json.loads(row.metadata)["hatchet__cron_scheduled_at"]
                self.ticks[run_id] = datetime.fromisoformat(at).timestamp()
        return reply

    def put(self, expression: str = "0 * * * *", **options: Any) -> CronRow:
        """Makes a cron."""
        self.apply(c.PutCron(CronRow(cron_id="cron", workflow="w", expression=expression, **options)))
        return self.cron

    @property
    def cron(self) -> CronRow:
        """The cron as it is."""
        return self.tenant.state.crons["cron"]

    @property
    def due(self) -> float:
        """When it fires next."""
        return dict(self.tenant.state.timers.items())[cron.TIMER + "cron"]

    def fired(self, at: float) -> list[float]:
        """Time passes; the ticks that fired meanwhile."""
        known = len(self.ticks)
        self.until(at)
        return list(self.ticks.values())[known:]

    def dead_until(self, at: float) -> list[float]:
        """No engine runs up to a time; then another takes over. The ticks that fire at once."""
        self.now = at
        self.die()
        return self.fired(at)

    def finish(self) -> None:
        """The newest run completes."""
        if not self.store.workers:
            self.serve(100)
        self.complete(list(self.ticks)[-1])


@pytest.fixture
def clock() -> Clock:
    return Clock()


def hours(first: float, count: int) -> list[float]:
    return [first + number * HOUR for number in range(count)]


FIRST = BEGIN - BEGIN % HOUR + HOUR


def test_each_tick_fires_once(clock: Clock) -> None:
    clock.put()
    assert clock.fired(BEGIN + 5 * HOUR) == hours(FIRST, 5)
    # A second engine, and the same engine that looks again, find nothing that is due.
    assert clock.dead_until(clock.now) == []
    assert list(clock.ticks) == [cron.run_id_of("cron", tick) for tick in hours(FIRST, 5)]


class TestMissed:
    """No engine ran when they were due."""

    def test_skip_goes_on_with_the_next(self, clock: Clock) -> None:
        clock.put(missed="skip")
        assert clock.dead_until(FIRST + 2 * DAY + MINUTE * 10) == []
        assert clock.fired(FIRST + 2 * DAY + HOUR) == [FIRST + 2 * DAY + HOUR]

    def test_one_is_the_last(self, clock: Clock) -> None:
        clock.put(missed="one")
        assert clock.dead_until(FIRST + 2 * DAY + MINUTE * 10) == [FIRST + 2 * DAY]
        assert clock.fired(FIRST + 2 * DAY + HOUR) == [FIRST + 2 * DAY + HOUR]

    def test_all_come_in_their_order(self, clock: Clock) -> None:
        clock.put(missed="all")
        assert clock.dead_until(FIRST + 2 * DAY + MINUTE * 10) == hours(FIRST, 49)
        assert clock.fired(FIRST + 2 * DAY + HOUR) == [FIRST + 2 * DAY + HOUR]

    @pytest.mark.parametrize(("missed", "count"), [("one", 1), ("all", cron.MOST_MISSED)])
    def test_of_very_many_the_last_ones(self, clock: Clock, missed: str, count: int) -> None:
        """A month of a tick each second: what is made up for is the newest, and what follows is the next."""
        clock.put("* * * * * *", missed=missed)
        at = BEGIN + 30 * DAY + 0.5
        last = BEGIN + 30 * DAY
        assert clock.dead_until(at) == [last - number for number in range(count)][::-1]
        assert clock.cron.next_at == last + 1

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
        assert clock.cron.next_at == tick
        assert clock.dead_until(second + 600) == ([] if missed == "skip" else [tick])
        assert clock.cron.next_at == tick + DAY + HOUR
        assert clock.fired(second + DAY) == [tick + DAY + HOUR] * (tick + DAY + HOUR <= second + DAY)


class TestOverlap:
    """The run of the tick before has not ended."""

    def test_allow_starts_beside_it(self, clock: Clock) -> None:
        clock.put(overlap="allow")
        assert clock.fired(FIRST + 2 * HOUR) == hours(FIRST, 3)
        assert clock.cancelled == []

    def test_skip_starts_none_until_it_ends(self, clock: Clock) -> None:
        clock.put(overlap="skip")
        assert clock.fired(FIRST + 2 * HOUR) == [FIRST]
        clock.finish()
        assert clock.fired(FIRST + 3 * HOUR) == [FIRST + 3 * HOUR]

    def test_cancel_ends_it(self, clock: Clock) -> None:
        clock.put(overlap="cancel")
        assert clock.fired(FIRST + 2 * HOUR) == hours(FIRST, 3)
        assert clock.cancelled == [cron.run_id_of("cron", tick) for tick in hours(FIRST, 2)]

    def test_queue_starts_them_one_after_another(self, clock: Clock) -> None:
        clock.put(overlap="queue")
        assert clock.fired(FIRST + 3 * HOUR) == [FIRST]
        for number, tick in enumerate(hours(FIRST, 4)):
            run_id = list(clock.ticks)[-1]
            # Each is told the tick that it is for, not when it began.
            assert clock.ticks[run_id] == tick
            assert (len(clock.ticks), clock.cron.pending) == (number + 1, 3 - number)
            clock.finish()
        assert len(clock.ticks) == 4
        assert clock.fired(FIRST + 4 * HOUR) == [FIRST + 4 * HOUR]

    def test_queue_keeps_what_was_missed(self, clock: Clock) -> None:
        clock.put(overlap="queue", missed="all")
        assert clock.dead_until(FIRST + 2 * HOUR + 10 * MINUTE) == [FIRST]
        clock.finish()
        clock.finish()
        assert list(clock.ticks.values()) == hours(FIRST, 3)


class TestJitter:
    """Ticks are late, so that not all crons fire at once."""

    def test_it_stays_within_its_bound_and_is_the_same_after_a_take_over(self, clock: Clock) -> None:
        clock.put(jitter=600.0)
        late = []
        for tick in hours(FIRST, 50):
            due = clock.due
            late.append(due - tick)
            if len(late) % 2:
                assert clock.dead_until(due - 1) == []
                assert clock.due == due
            assert clock.fired(due - 1) == []
            assert clock.fired(due) == [tick]
        assert 0 <= min(late) < 100 < 500 < max(late) < 600 + SLACK

    def test_crons_of_one_time_are_spread(self, clock: Clock) -> None:
        for number in range(100):
            row = CronRow(cron_id=f"c{number}", workflow="w", expression="0 * * * *", name=str(number), jitter=60.0)
            clock.apply(c.PutCron(row))
        fired = [len(clock.fired(FIRST + 6 * step)) for step in range(1, 11)]
        assert sum(fired) == 100
        assert min(fired) > 0


def test_a_paused_one_makes_up_for_nothing(clock: Clock) -> None:
    clock.put(missed="all")
    clock.apply(c.ChangeCron("cron", enabled=False))
    assert clock.fired(FIRST + DAY) == []
    clock.apply(c.ChangeCron("cron", enabled=True))
    assert clock.fired(FIRST + DAY + HOUR) == [FIRST + DAY + HOUR]


def test_a_backfill_starts_what_has_not_run(clock: Clock) -> None:
    clock.put()
    assert clock.fired(FIRST + HOUR) == hours(FIRST, 2)
    for _ in range(2):
        clock.apply(c.BackfillCron("cron", FIRST - 3 * HOUR, FIRST + HOUR))
        assert list(clock.ticks.values()) == [*hours(FIRST, 2), *hours(FIRST - 3 * HOUR, 3)]
