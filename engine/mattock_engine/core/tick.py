"""When a cron expression fires.

An expression has five fields, or six with leading seconds, or is one of `@hourly`, `@daily`, `@weekly`, `@monthly`,
`@yearly`; `CRON_TZ=Area/City ` before it names its time zone, otherwise that of the cron holds (UTC by default).

Over changes of daylight saving time it does as Debian's cron does. If minute and hour are fixed (neither begins with
`*`), it means the clock on the wall: a time in the hour that is skipped fires at the end of the gap, one in the hour
that comes twice fires in the first of the two. Otherwise it means the time that passes: it fires in both, and never in
the gap. `cronsim` reads expressions; it knows these rules for five fields alone, and not where in a doubled hour it
begins, so that fixed times are put on the clock here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from .error import invalid

MAX_TEXT = 200
_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
# More than any clock was ever set back by, seconds.
_LONGEST_FOLD = 3 * 3600


def check_cron(field: str, expression: str, timezone: str = "") -> None:
    """Refuses an expression that is none, or never fires."""
    if len(expression) > MAX_TEXT:
        raise invalid(field, f"is longer than {MAX_TEXT} characters")
    try:
        ZoneInfo(timezone or "UTC")
    except (ValueError, KeyError, OSError) as error:
        raise invalid("timezone", f"{timezone!r} is no time zone; expected a name such as Europe/Berlin") from error
    try:
        next_time(expression, timezone, 1_700_000_000.0)
    except (CronSimError, ValueError, KeyError, OSError) as error:
        raise invalid(field, f"{expression!r} is no cron expression: {error}") from error
    except StopIteration as error:
        raise invalid(field, f"{expression!r} never fires") from error


def next_time(expression: str, timezone: str, after: float) -> float:
    """The first time after `after` (seconds since 1970). Raises StopIteration if there is none in 50 years."""
    return next(times_after(expression, timezone, after))


def times_after(expression: str, timezone: str, after: float) -> Iterator[float]:
    """The times after `after`, each later than the one before. Ends where there is none in 50 years."""
    text, zone, fixed = _parts(expression, timezone)
    begin = datetime.fromtimestamp(after, zone)
    last = after
    for tick in CronSim(text, begin.replace(tzinfo=None) if fixed else begin):
        at = _on_the_clock(tick, zone)
        if at > last:
            last = at
            yield at


def times_until(expression: str, timezone: str, until: float) -> Iterator[float]:
    """The times up to and with `until`, from the last one back."""
    text, zone, fixed = _parts(expression, timezone)
    # A whole second: of another one, the library would take the second that it is in.
    whole = math.floor(until) + 1
    if fixed:
        # In the second of two equal hours, what stands later on the clock may have fired in the first.
        begin = datetime.fromtimestamp(whole + _LONGEST_FOLD, zone).replace(tzinfo=None)
    else:
        begin = datetime.fromtimestamp(whole, zone)
    last = math.inf
    for tick in CronSim(text, begin, reverse=True):
        at = _on_the_clock(tick, zone)
        if at <= until and at < last:
            last = at
            yield at


def utc_text(at: float) -> str:
    """A time as people and programs read it, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _on_the_clock(tick: datetime, zone: tzinfo) -> float:
    """When it fires: a time of a clock on the wall is the first one that shows it, or that comes after it."""
    if tick.tzinfo is not None:
        return tick.timestamp()
    at = tick.replace(tzinfo=zone)
    if _shows(at):
        return at.timestamp()
    at = at.replace(second=0)
    while not _shows(at):
        at += timedelta(minutes=1)
    return at.timestamp()


def _shows(at: datetime) -> bool:
    """Whether a clock ever shows it: it does not in the gap."""
    return at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) == at.replace(tzinfo=None)


@lru_cache(maxsize=4096)
def _parts(expression: str, timezone: str) -> tuple[str, tzinfo, bool]:
    """What the library reads, the time zone, and whether it means the clock on the wall."""
    text = expression.strip()
    for prefix in ("CRON_TZ=", "TZ="):
        if text.startswith(prefix):
            timezone, _, text = text[len(prefix) :].partition(" ")
    text = _NAMED.get(text.strip().lower(), text.strip())
    zone: tzinfo = ZoneInfo(timezone) if timezone and timezone != "UTC" else UTC
    minute_and_hour = text.split()[-5:][:2]
    return text, zone, zone is not UTC and not any(part.startswith("*") for part in minute_and_hour)
