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
