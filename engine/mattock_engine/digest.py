"""Digests for those who look on: what has changed in a tenant, gathered over a fraction of a second.

However fast the engine is, an onlooker gets few messages a second, of bounded size: the newest state of a run, not each
step of it, and beyond a number of runs only how many more there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from .core.message import Change, Message, TenantChanged
from .core.record import Records
from .core.row import RunRow
from .core.status import StepKind

# Seconds between two digests of a tenant, and from a change to the first one after a silence.
EVERY = 0.25
SOON = 0.03
# Runs and tasks that one digest names; tasks with new log lines likewise.
MAX_CHANGES = 400
APPROVAL_PREFIX = "approval:"

# Topics by what a round wrote; those of runs, steps and logs are told by `_Gathered.add`.
_TOPIC_OF = {
    "workers": "workers",
    "removed_workers": "workers",
    "workflows": "workflows",
    "dropped_workflows": "workflows",
    "pauses": "workflows",
    "user_events": "events",
    "filters": "filters",
    "dropped_filters": "filters",
    "crons": "crons",
    "dropped_crons": "crons",
    "schedules": "schedules",
    "dropped_schedules": "schedules",
    "rates": "limits",
    "dropped_rates": "limits",
}
TOPICS = ("runs", "queues", "steps", "approvals", "logs", *dict.fromkeys(_TOPIC_OF.values()))


class _Gathered:
    """What has changed since the last digest."""

    __slots__ = ("changes", "logged", "more", "topics")

    def __init__(self) -> None:
        self.changes: dict[str, Change] = {}
        self.logged: dict[str, None] = {}
        self.topics: dict[str, None] = {}
        self.more = 0

    def add(self, records: Records) -> None:
        """Takes what a round wrote."""
        rows = (records.inserted, records.reopened, records.updated, records.finished, records.born_final)
        for changed in (*rows, records.refinished):
            if changed:
                self._add_rows(changed)
        if records.logs:
            self.topics["logs"] = None
            for line in records.logs:
                if len(self.logged) < MAX_CHANGES:
                    self.logged[line.task_id] = None
        if records.steps:
            self.topics["steps"] = None
            if any(step.kind == StepKind.WAIT and _is_approval(step.label) for step in records.steps.values()):
                self.topics["approvals"] = None
        for name, topic in _TOPIC_OF.items():
            if getattr(records, name):
                self.topics[topic] = None

    def _add_rows(self, rows: dict[str, RunRow]) -> None:
        self.topics["runs"] = self.topics["queues"] = None
        changes = self.changes
        room = MAX_CHANGES - len(changes)
        if room <= 0:
            self.more += len(rows)
            return
        for run_id, row in rows.items():
            if run_id not in changes:
                room -= 1
                if room < 0:
                    self.more += 1
                    continue
            changes[run_id] = Change(run_id, row.root_id, row.workflow_id, row.kind, row.status, row.attempt)

    def message(self) -> TenantChanged:
        """The digest."""
        return TenantChanged(list(self.changes.values()), self.more, list(self.logged), list(self.topics))


def _is_approval(label: str) -> bool:
    return label.startswith(APPROVAL_PREFIX)


class Digests:
    """Gathers what tenants' rounds wrote, and sends it to their onlookers.

    Args:
        release: hands messages to a session (tenant, session, messages).
        onlookers: the sessions that want digests of a tenant now.
    """

    def __init__(
        self, release: Callable[[str, str, list[Message]], bool], onlookers: Callable[[str], Iterable[str]]
    ) -> None:
        self._release = release
        self._onlookers = onlookers
        self._gathered: dict[str, _Gathered] = {}
        self._sent_at: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def add(self, tenant_id: str, records: Records) -> None:
        """Takes what a committed round wrote."""
        if not records:
            return
        gathered = self._gathered.get(tenant_id)
        if gathered is None:
            gathered = self._gathered[tenant_id] = _Gathered()
        gathered.add(records)
        if gathered.topics and tenant_id not in self._timers:
            loop = asyncio.get_running_loop()
            at = max(loop.time() + SOON, self._sent_at.get(tenant_id, 0.0) + EVERY)
            self._timers[tenant_id] = loop.call_at(at, self._send, tenant_id)

    def stop(self) -> None:
        """Sends nothing more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _send(self, tenant_id: str) -> None:
        self._timers.pop(tenant_id, None)
        gathered = self._gathered.pop(tenant_id, None)
        sessions = self._onlookers(tenant_id)
        if gathered is None or not sessions:
            self._sent_at.pop(tenant_id, None)
            return
        self._sent_at[tenant_id] = asyncio.get_running_loop().time()
        message = gathered.message()
        for session in sessions:
            self._release(tenant_id, session, [message])
