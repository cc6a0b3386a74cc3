"""Dead letters: runs that failed for good, or were dropped."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from .base import Body, Moment

DeadReason = Literal["FAILED", "EXPIRED", "DROPPED"]


class DeadLetter(Body):
    """A run that nobody has dealt with: it failed, waited for too long in its queue, or was dropped."""

    run_id: str
    workflow_id: str
    workflow_name: str
    reason: DeadReason
    error: str
    attempts: int
    created_at: datetime
    finished_at: datetime


class DeadLetterList(Body):
    """A page of dead letters; `nextCursor` is null on the last one."""

    rows: list[DeadLetter]
    next_cursor: str | None = None


class DeadLetterGroup(Body):
    """Dead letters of one workflow with one error (its first line)."""

    workflow_id: str
    workflow_name: str
    reason: DeadReason
    error: str
    count: int
    first_at: datetime
    last_at: datetime
    last_run_id: str


class DeadLetterGroups(Body):
    """Groups, the largest first."""

    rows: list[DeadLetterGroup]


class DeadLetterFilter(Body):
    """Which dead letters are meant: all that fit."""

    since: Moment | None = None
    until: Moment | None = None
    workflow_ids: list[str] | None = None
    error: str | None = None


class DeadLetterChange(Body):
    """Dead letters to replay or discard: ids, or a filter."""

    external_ids: list[str] | None = None
    filter: DeadLetterFilter | None = None


class DeadLettersChanged(Body):
    """Ids of what was changed; `more`: others that fit the filter are left, so ask again."""

    ids: list[str]
    more: bool
