"""Commands with which people steer the flow: limits of the tenant, pauses, and looking at what waits."""

from __future__ import annotations

import msgspec

from .command import Command
from .row import TenantLimits as TenantLimits


class PutTenantLimits(Command):
    """Sets what the tenant may have at once. Reply: None."""

    limits: TenantLimits


class PauseRuns(Command):
    """Pauses unfinished runs, or (`paused` False) lets them go on. Reply: ids of the runs that changed.

    An id may be that of a task; its whole run is meant.
    """

    ids: list[str]
    paused: bool = True


class DropOldest(Command):
    """Cancels the oldest runs that have not begun, up to `count`. (The core sends it itself; it fills in `ids`.)"""

    count: int
    ids: tuple[str, ...] = ()


class CountWaiting(Command):
    """What is queued, and why. Reply: a list of `Waiting`."""


class Waiting(msgspec.Struct, array_like=True):
    """Tasks of one queue that wait for one reason.

    Attributes:
        task_name: "" for runs that wait for their workflow's limits.
        reason: a `Reason`.
    """

    workflow_id: str
    task_name: str
    reason: str
    count: int


class ListConcurrency(Command):
    """Concurrency limits that somebody holds or waits for. Reply: a list of `ConcurrencyKey`, by scope and key.

    Attributes:
        after: scope and key of the last one that is known.
        limit: how many at most.
        search: a part of the key, "" for any.
        workflow_id: only limits of that workflow, "" for all.
    """

    after: tuple[str, str]
    limit: int
    search: str = ""
    workflow_id: str = ""


class ConcurrencyKey(msgspec.Struct, array_like=True):
    """A concurrency limit's key.

    Attributes:
        scope: what declares it, see `run.scope_of`.
        limit: how many may run; running: how many do; waiting: how many wait for a place.
        strategy: a `Strategy`.
        holders: ids of the first of those that run.
    """

    scope: str
    key: str
    limit: int
    strategy: int
    running: int
    waiting: int
    holders: list[str]
