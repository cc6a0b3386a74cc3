"""What is to come: the next times of an expression, and a calendar of crons and schedules."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from ...core.error import invalid
from ...core.tick import check_cron, next_time, times_after
from . import model
from .context import Caller, Here, Id

router = APIRouter(prefix="/api/v1/tenants/{tenant}/workflows", tags=["crons"])
# Times of one cron that are counted on one day, days of a calendar, and steps that one answer may take.
MOST_A_DAY = 24
MOST_DAYS = 62
MOST_STEPS = 20_000
MOST_SCHEDULES = 1000


@router.get("/crons/preview")
async def preview_cron(
    here: Here,
    caller: Caller,
    tenant: Id,
    expression: str,
    timezone: str = "",
    count: Annotated[int, Query(ge=1, le=100, description="How many times.")] = 5,
) -> model.Firings:
    """The next times of a cron expression."""
    check_cron("expression", expression, timezone)
    times = islice(times_after(expression, timezone, time.time()), count)
    return model.Firings(times=[model.moment(at) for at in times])


@router.get("/firings")
async def list_firings(
    here: Here,
    caller: Caller,
    tenant: Id,
    since: model.Moment,
    until: model.Moment,
    timezone: Annotated[str, Query(description="Whose days are meant; UTC by default.")] = "",
) -> model.FiringList:
    """What crons and schedules will start in a time to come, a cron's times of one day as one row."""
    try:
        zone = ZoneInfo(timezone or "UTC")
    except (ValueError, KeyError, OSError) as error:
        raise invalid("timezone", f"{timezone!r} is no time zone; expected a name such as Europe/Berlin") from error
    if not timedelta(0) < until - since <= timedelta(days=MOST_DAYS):
        raise invalid("until", f"expected a time after `since`, by {MOST_DAYS} days at most")
    begin = max(since.timestamp(), time.time())
    crons = [record for record in await here.store.read("crons", caller.tenant_id) if record["enabled"]]
    rows, complete = await asyncio.to_thread(_of_crons, crons, begin, until.timestamp(), zone)
    schedules = await here.store.read("coming_schedules", caller.tenant_id, begin, until.timestamp(), MOST_SCHEDULES)
    rows.extend(
        model.Firing(
            kind="SCHEDULE", id=each["schedule_id"], workflow_name=each["workflow"], at=model.moment(each["at"])
        )
        for each in schedules
    )
    rows.sort(key=lambda row: row.at)
    return model.FiringList(rows=rows, complete=complete and len(schedules) < MOST_SCHEDULES)


def _of_crons(crons: list[Any], begin: float, until: float, zone: ZoneInfo) -> tuple[list[model.Firing], bool]:
    """The days of each cron, and whether these are all."""
    rows: list[model.Firing] = []
    steps = 0
    for cron in crons:
        at, found = begin, None
        while steps < MOST_STEPS:
            steps += 1
            try:
                at = next_time(cron["expression"], cron["timezone"], at)
            except StopIteration:
                break
            if at >= until:
                break
            day = datetime.fromtimestamp(at, zone).date()
            if found is not None and found.at.astimezone(zone).date() == day:
                found.count += 1
                if found.count >= MOST_A_DAY:
                    found.more = True
                    next_day = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
                    at = next_day.timestamp() - 0.001
                continue
            found = model.Firing(
                kind="CRON",
                id=cron["cron_id"],
                workflow_name=cron["workflow"],
                name=cron["name"] or None,
                cron=cron["expression"],
                at=model.moment(at),
            )
            rows.append(found)
    return rows, steps < MOST_STEPS
