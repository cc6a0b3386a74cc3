"""Commands about what starts runs: events and their filters, crons, schedules."""

from __future__ import annotations

from ..row import CronRow, EventItem, FilterRow, ScheduleRow
from .base import Command


class PushEvents(Command):
    """Accepts events, all or none. Reply: their ids. `again`: they may have been accepted before."""

    events: list[EventItem]
    again: bool = False


class PutFilter(Command):
    """Adds a filter, or changes the one of that id. Reply: the filter. NOT_FOUND for an unknown workflow."""

    filter: FilterRow


class DropFilter(Command):
    """Takes a filter away. Reply: what it was. NOT_FOUND."""

    filter_id: str


class PutCron(Command):
    """Makes a cron. Reply: it. NOT_FOUND for an unknown workflow, ALREADY_EXISTS for one like it."""

    cron: CronRow


class ChangeCron(Command):
    """Pauses a cron (`enabled` False), lets it go on, or gives it other values; None leaves one as it is.

    The fields are those of `CronRow`.
    """

    cron_id: str
    enabled: bool | None = None
    expression: str | None = None
    name: str | None = None
    timezone: str | None = None
    input: str | None = None
    metadata: str | None = None
    priority: int | None = None
    missed: str | None = None
    overlap: str | None = None
    jitter: float | None = None


class DropCron(Command):
    """Takes a cron away."""

    cron_id: str


class RunCron(Command):
    """Starts a run of a cron at once. Reply: its id."""

    cron_id: str
    run_id: str


class BackfillCron(Command):
    """Starts the runs of all ticks from `since` to before `until` that have none. Reply: their ids."""

    cron_id: str
    since: float
    until: float


class PutSchedules(Command):
    """Makes schedules, all or none. Reply: their ids. NOT_FOUND for an unknown workflow."""

    schedules: list[ScheduleRow]


class ChangeSchedules(Command):
    """Moves schedules (as they are stored) to these times. Reply: the ids of those that have not fired."""

    rows: list[ScheduleRow]
    times: list[float]


class DropSchedules(Command):
    """Takes schedules away. Reply: their ids."""

    ids: list[str]


class RunSchedule(Command):
    """Lets a schedule (as it is stored) fire now. Reply: its run's id. FAILED_PRECONDITION if it has fired."""

    row: ScheduleRow
