"""Workers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from .base import Body, Metadata, Pagination, WorkerStatus


class SlotUse(Body):
    """Slots of one kind."""

    limit: int
    available: int | None = None


class WorkerLabel(Body):
    """A label of a worker."""

    metadata: Metadata
    key: str
    value: str | None = None


class RuntimeInfo(Body):
    """What a worker runs on."""

    sdk_version: str | None = None
    language: str | None = None
    language_version: str | None = None
    os: str | None = None
    runtime_extra: str | None = None


class Worker(Body):
    """A worker."""

    metadata: Metadata
    name: str
    type: Literal["SELFHOSTED", "MANAGED", "WEBHOOK"] = "SELFHOSTED"
    status: WorkerStatus | None = None
    # Of one that takes nothing new and is to go: DRAINED once it holds nothing more.
    drain: Literal["DRAINING", "DRAINED"] | None = None
    last_heartbeat_at: datetime | None = None
    actions: list[str] | None = None
    slot_config: dict[str, SlotUse] | None = None
    labels: list[WorkerLabel] | None = None
    runtime_info: RuntimeInfo | None = None


class WorkerList(Body):
    """A page of workers."""

    rows: list[Worker]
    pagination: Pagination


class WorkerChange(Body):
    """Pauses, drains or resumes a worker."""

    is_paused: bool | None = None
    drain: bool | None = None
