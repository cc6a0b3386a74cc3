"""When cron expressions fire, above all over changes of daylight saving time."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from mattock_engine.core.error import Refused
from mattock_engine.core.tick import check_cron, next_time, times_after, times_until

BERLIN = "Europe/Berlin"
# Days (UTC) in whose midst clocks are changed, with a zone that does: forward, back.
CHANGES = {
    "Berlin, forward": (BERLIN, "2026-03-29"),
    "Berlin, back": (BERLIN, "2026-10-25"),
    "New York, forward": ("America/New_York", "2026-03-08"),
    "New York, back": ("America/New_York", "2026-11-01"),
    "Sydney, forward": ("Australia/Sydney", "2026-10-03"),
    "Sydney, back": ("Australia/Sydney", "2026-04-04"),
    "half an hour, forward": ("Australia/Lord_Howe", "2026-10-03"),
    "half an hour, back": ("Australia/Lord_Howe", "2026-04-04"),
    "at midnight, forward": ("Africa/Cairo", "2026-04-23"),
    "at midnight, back": ("Africa/Cairo", "2026-10-29"),
    "a day is left out": ("Pacific/Apia", "2011-12-30"),
}
EXPRESSIONS = ["0 0 * * *", "30 2 * * *", "0 30 2 * * *", "*/15 * * * *", "15 1-3 * * *", "*/10 30 2 * * *", "@hourly"]


def stamp(text: str, zone: str = "UTC") -> float:
    """Of a local time; the first of two."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(at: float, zone: str = "UTC") -> str:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).isoformat()


def between(expression: str, zone: str, since: float, until: float) -> list[str]:
    ticks = takewhile(lambda tick: tick < until, times_after(expression, zone, since - 1))
    return [shown(tick, zone) for tick in ticks]


def of_day(expression: str, zone: str, day: str, days: int = 1) -> list[str]:
    """All ticks of local days."""
    begin = stamp(f"{day}T00:00", zone)
    return [text[11:] for text in between(expression, zone, begin, begin + days * 86400)]


@pytest.mark.parametrize("seconds", ["", "0 "], ids=["five fields", "six fields"])
class TestFixedTimes:
    """What means the clock on the wall."""

    def test_in_the_hour_that_is_skipped(self, seconds: str) -> None:
        assert of_day(f"{seconds}30 2 * * *", BERLIN, "2026-03-29") == ["03:00:00+02:00"]
        assert of_day(f"{seconds}0,15,30 2 * * *", BERLIN, "2026-03-29") == ["03:00:00+02:00"]
        assert of_day(f"{seconds}30 2,3 * * *", BERLIN, "2026-03-29") == ["03:00:00+02:00", "03:30:00+02:00"]

    def test_in_the_hour_that_comes_twice(self, seconds: str) -> None:
        assert of_day(f"{seconds}30 2 * * *", BERLIN, "2026-10-25") == ["02:30:00+02:00"]
        assert of_day(f"{seconds}0 3 * * *", BERLIN, "2026-10-25") == ["03:00:00+01:00"]

    def test_asked_in_the_second_of_two_hours(self, seconds: str) -> None:
        """What was on the clock in the first hour is over."""
        second = datetime(2026, 10, 25, 2, 15, tzinfo=ZoneInfo(BERLIN), fold=1).timestamp()
        assert shown(next_time(f"{seconds}30 2 * * *", BERLIN, second), BERLIN) == "2026-10-26T02:30:00+01:00"
        assert shown(next_time(f"{seconds}0 3 * * *", BERLIN, second), BERLIN) == "2026-10-25T03:00:00+01:00"
        last = next(times_until(f"{seconds}30 2 * * *", BERLIN, second))
        assert shown(last, BERLIN) == "2026-10-25T02:30:00+02:00"

    def test_at_a_midnight_that_is_skipped(self, seconds: str) -> None:
        zone = "Africa/Cairo"
        since = stamp("2026-04-23T12:00", zone)
        assert between(f"{seconds}0 0 * * *", zone, since, since + 86400) == ["2026-04-24T01:00:00+03:00"]

    def test_half_an_hour_is_skipped(self, seconds: str) -> None:
        assert of_day(f"{seconds}15 2 * * *", "Australia/Lord_Howe", "2026-10-04") == ["02:30:00+11:00"]


class TestPassingTime:
    """What means the time that passes."""

    def test_in_the_hour_that_is_skipped(self) -> None:
        assert of_day("*/30 1-3 * * *", BERLIN, "2026-03-29") == [
            "01:00:00+01:00",
            "01:30:00+01:00",
            "03:00:00+02:00",
            "03:30:00+02:00",
        ]
        assert len(between("0 * * * *", BERLIN, stamp("2026-03-29T00:00", BERLIN), stamp("2026-03-30", BERLIN))) == 23

    def test_in_the_hour_that_comes_twice(self) -> None:
        assert of_day("*/30 2 * * *", BERLIN, "2026-10-25") == [
            "02:00:00+02:00",
            "02:30:00+02:00",
            "02:00:00+01:00",
            "02:30:00+01:00",
        ]
        assert len(between("0 * * * *", BERLIN, stamp("2026-10-25T00:00", BERLIN), stamp("2026-10-26", BERLIN))) == 25


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_time_is_later_than_the_one_before_and_found_from_either_side(expression: str, change: str) -> None:
    zone, day = CHANGES[change]
    begin = stamp(f"{day}T00:00") - 86400
    end = begin + 4 * 86400
    forward = list(takewhile(lambda tick: tick <= end, times_after(expression, zone, begin)))
    backward = list(takewhile(lambda tick: tick > begin, times_until(expression, zone, end)))
    assert forward == sorted(set(forward))
    assert backward[::-1] == forward
    # From wherever one asks, the next one is the first of them that is later.
    for at in range(int(begin), int(forward[-1]), 3571):
        assert next_time(expression, zone, at) == next(tick for tick in forward if tick > at)
        assert next(times_until(expression, zone, forward[-1] + 0.5)) == forward[-1]


@pytest.mark.parametrize(
    ("expression", "after", "ticks"),
    [
        ("30 4 * * MON-FRI", "2026-01-02T05:00", ["2026-01-05T04:30", "2026-01-06T04:30"]),
        ("0 0 1 JAN *", "2026-01-02", ["2027-01-01T00:00", "2028-01-01T00:00"]),
        ("0 0 29 FEB *", "2026-01-01", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("0 12 L * *", "2026-01-31T13:00", ["2026-02-28T12:00", "2026-03-31T12:00"]),
        ("0 9 * * MON#1", "2026-01-06", ["2026-02-02T09:00", "2026-03-02T09:00"]),
        ("15,45 * * * * *", "2026-01-01", ["2026-01-01T00:00:15", "2026-01-01T00:00:45"]),
        ("@hourly", "2026-01-01T00:00:01", ["2026-01-01T01:00", "2026-01-01T02:00"]),
        ("@daily", "2026-01-01T00:00", ["2026-01-02T00:00", "2026-01-03T00:00"]),
        ("@Midnight", "2026-01-01T00:00", ["2026-01-02T00:00", "2026-01-03T00:00"]),
        ("@weekly", "2026-01-01T00:00", ["2026-01-04T00:00", "2026-01-11T00:00"]),
        ("@monthly", "2026-01-01T00:00", ["2026-02-01T00:00", "2026-03-01T00:00"]),
        ("@yearly", "2026-01-01T00:00", ["2027-01-01T00:00", "2028-01-01T00:00"]),
        ("@annually", "2026-01-01T00:00", ["2027-01-01T00:00", "2028-01-01T00:00"]),
        ("CRON_TZ=Asia/Tokyo 0 9 * * *", "2026-01-01T00:00", ["2026-01-02T00:00", "2026-01-03T00:00"]),
        ("TZ=Asia/Tokyo @daily", "2026-01-01T00:00", ["2026-01-01T15:00", "2026-01-02T15:00"]),
    ],
)
def test_what_is_understood(expression: str, after: str, ticks: list[str]) -> None:
    found = islice(times_after(expression, "", stamp(after)), 2)
    assert list(found) == [stamp(each) for each in ticks]


def test_a_zone_in_the_expression_stands_above_the_crons_own() -> None:
    assert next_time("CRON_TZ=Asia/Tokyo 0 9 * * *", BERLIN, stamp("2026-01-01")) == stamp("2026-01-02")


def test_seconds_are_looked_at_whole() -> None:
    at = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()
    assert next_time("* * * * * *", "", at + 0.4) == at + 1
    assert next_time("* * * * * *", "", at) == at + 1
    assert list(islice(times_until("* * * * * *", "", at + 0.4), 2)) == [at, at - 1]
    assert next(times_until("* * * * * *", "", at)) == at


@pytest.mark.parametrize(
    ("expression", "zone", "reason"),
    [
        ("61 * * * *", "", "Bad minute"),
        ("* * * *", "", "Wrong number of fields"),
        ("* * * * * * *", "", "Wrong number of fields"),
        ("@never", "", "Wrong number of fields"),
        ("0 0 31 FEB *", "", "Bad day-of-month"),
        ("0 0 * * *", "Europe/Nowhere", "no time zone"),
        ("CRON_TZ=Europe/Nowhere 0 0 * * *", "", "no cron expression"),
        (" ".join(["1,2" * 100] * 5), "", "longer than"),
    ],
)
def test_what_is_none_is_refused(expression: str, zone: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check_cron("cron", expression, zone)
