"""Figures over time."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from .base import Body


class Point(Body):
    """A slice of time: tasks that ended in it; median and 95th percentile of their waits and runs, in seconds."""

    time: datetime
    succeeded: int = Field(alias="SUCCEEDED")
    failed: int = Field(alias="FAILED")
    cancelled: int = Field(alias="CANCELLED")
    waited: list[float]
    ran: list[float]


class Points(Body):
    """Slices of a time, those without any task left out; `seconds` is the length of each."""

    seconds: float
    results: list[Point]


class Ended(Body):
    """Tasks that ended; median, 95th and 99th percentile of how long they waited and ran, in seconds."""

    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    waited: list[float] = Field(default_factory=list)
    ran: list[float] = Field(default_factory=list)


class EndedInSlice(Ended):
    """Those of a slice of time."""

    time: datetime


class EndedOfWorkflow(Ended):
    """Those of a workflow."""

    workflow_id: str
    workflow_name: str


class Figures(Body):
    """What became of tasks in a time.

    `seconds` is the length of a slice; slices without a task are left out. `is_sampled`: so many tasks were there that
    numbers are scaled up from a part of them. `queued` and `running` are of now.
    """

    seconds: float
    is_sampled: bool
    queued: int
    running: int
    total: Ended
    slices: list[EndedInSlice]
    workflows: list[EndedOfWorkflow]


class ErrorGroup(Body):
    """Tasks that failed with the same first line of an error; the ids are of the last one."""

    error: str
    count: int
    first_at: datetime
    last_at: datetime
    task_external_id: str
    workflow_run_external_id: str
    workflow_ids: list[str]


class ErrorGroupList(Body):
    """Groups of failures, the largest first."""

    rows: list[ErrorGroup]
