"""Bodies of what is said to running durable tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .base import Body


class SignalRequest(Body):
    """A signal: its name, its data (any JSON), and who sends it."""

    name: str
    data: Any = None
    by: str = ""


class UpdateRequest(Body):
    """An update, and for how many seconds to wait for its answer."""

    name: str
    data: Any = None
    by: str = ""
    timeout: float = 30.0


class Signal(Body):
    """A signal that was sent."""

    id: str


class Reply(Body):
    """The answer to an update."""

    id: str
    data: Any = None


class Published(Body):
    """A value that a task has published."""

    name: str
    data: Any = None
    at: datetime


class Decision(Body):
    """A person's decision: yes or no, who they are, and what they say to it."""

    approved: bool
    by: str = ""
    comment: str = ""
    value: Any = None


class Approval(Body):
    """What waits for a decision, or has been decided.

    Attributes:
        url: a path of this server: whoever has it may decide. "" for those who may not, and when it is over.
        decided_at: when it was over; None while it waits.
        approved: what was decided; None while it waits, and if nobody did in time.
        by, comment, value: of who decided.
    """

    task_external_id: str
    key: str
    title: str
    workflow_name: str
    asked_at: datetime
    url: str
    decided_at: datetime | None = None
    approved: bool | None = None
    by: str = ""
    comment: str = ""
    value: Any = None


class ApprovalList(Body):
    """A page of what waits for decisions, or was decided; `nextCursor` is null on the last one."""

    rows: list[Approval]
    next_cursor: str | None = None
