"""How workflows fare, and how much is logged."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from .base import Body, Status


class WorkflowStat(Body):
    """Runs of a workflow: those that wait and run now, those of a time by how they ended, and the newest."""

    workflow_id: str
    queued: int
    running: int
    completed: int
    failed: int
    cancelled: int
    last_run_id: str
    last_run_status: Status
    last_run_at: datetime


class WorkflowStatList(Body):
    """Workflows that have runs."""

    rows: list[WorkflowStat]


class LogPoint(Body):
    """A slice of time: lines by level."""

    time: datetime
    debug: int = Field(0, alias="DEBUG")
    info: int = Field(0, alias="INFO")
    warn: int = Field(0, alias="WARN")
    error: int = Field(0, alias="ERROR")


class LogPoints(Body):
    """Slices of a time, those without a line left out; `seconds` is the length of each."""

    seconds: float
    results: list[LogPoint]
