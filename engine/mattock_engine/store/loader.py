"""Loads rows for the core: what a command needs, and the state of a tenant that is taken over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import asyncpg

from ..core.claim import NEWEST
from ..core.command import (
    ClaimRow,
    EnqueuedRow,
    EventItem,
    FilterRow,
    Loaded,
    PauseRow,
    RunRow,
    ScheduleRow,
    StepRow,
    TenantLimits,
)
from ..core.condition import event_holds
from ..core.definition import ConditionDefinition
from ..core.limit import RateRow
from ..core.record import Need
from ..core.status import Kind
from ..core.tally import Tally
from .database import Database
from .error import translated
from .migration import Connection
from .row import to_cron, to_row, to_step, to_version, to_worker
from .state import TenantState
from .statement import statement

_FIRST_ID = "00000000-0000-0000-0000-000000000000"
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
# Events of the past that are read before it is looked whether a condition holds for one.
_EVENTS_AT_ONCE = 500
R = TypeVar("R")


class Loader:
    """Loads; each answer is one snapshot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, tenant_id: str, need: Need, now: float) -> list[Loaded]:
        """Loads what a command needs, as one snapshot: a `Loaded` for the ids, and one for each queue."""
        async with (
            translated(),
            self._database.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read"),
        ):
            answers = [await self._refill(connection, tenant_id, *refill) for refill in need.refill]
            if need.schedules is not None:
                answers.append(await self._load_schedules(connection, tenant_id, *need.schedules))
            if need.ids or need.tree or need.children_of:
                answers.append(await self._load_ids(connection, tenant_id, need))
            if need.steps:
                answers.append(await self._load_steps(connection, tenant_id, need.steps))
            if need.claims:
                answers.append(await self._load_claims(connection, tenant_id, need.claims, now))
            if need.oldest:
                rows = await connection.fetch(_load("load_oldest"), tenant_id, need.oldest)
                answers.append(Loaded(oldest=[row["run_id"] for row in rows]))
            if need.events:
                answers.append(await self._load_past_events(connection, tenant_id, need.events))
            return answers

    async def _load_ids(self, connection: Connection, tenant_id: str, need: Need) -> Loaded:
        ids = [run_id for run_id in (*need.ids, *need.tree) if _is_uuid(run_id)]
        roots = [row[0] for row in await self._fetch(connection, "load_roots", tenant_id, ids)] if ids else []
        if need.tree and roots:
            roots = [row[0] for row in await self._fetch(connection, "load_below", tenant_id, roots)]
        children: dict[str, dict[str, str]] = {}
        parents = [parent for parent in need.children_of if _is_uuid(parent)]
        if parents:
            known = await self._fetch(connection, "load_roots", tenant_id, parents)
            if known:
                children = {parent: {} for parent in parents}
                for row in await self._fetch(connection, "load_children", tenant_id, parents):
                    children[row["parent"]][row["child_key"]] = row["run_id"]
        return Loaded(
            rows=await self._rows(connection, "load_unfinished", tenant_id, roots) if roots else [],
            finished=await self._rows(connection, "load_finished", tenant_id, roots) if roots else [],
            children=children,
        )

    async def _load_steps(self, connection: Connection, tenant_id: str, task_ids: list[str]) -> Loaded:
        found: dict[str, list[StepRow]] = {task_id: [] for task_id in task_ids}
        ids = [task_id for task_id in task_ids if _is_uuid(task_id)]
        for record in await self._fetch(connection, "load_steps", tenant_id, ids):
            found[record["task_id"]].append(to_step(record))
        return Loaded(steps=found)

    async def _load_claims(self, connection: Connection, tenant_id: str, keys: list[str], now: float) -> Loaded:
        claims: dict[str, ClaimRow | None] = dict.fromkeys(keys)
        for record in await self._fetch(connection, "load_claims", tenant_id, keys, now):
            claims[record["key"]] = ClaimRow(**dict(record))
        return Loaded(claims=claims)

    async def _load_past_events(
        self, connection: Connection, tenant_id: str, wanted: list[tuple[ConditionDefinition, float]]
    ) -> Loaded:
        found = [await self._first_past(connection, tenant_id, condition, since) for condition, since in wanted]
        events = {event.event_id: event for event in found if event is not None}
        return Loaded(events=sorted(events.values(), key=lambda event: event.event_id))

    async def _first_past(
        self, connection: Connection, tenant_id: str, condition: ConditionDefinition, since: float
    ) -> EventItem | None:
        """The first event since a time for which a condition holds."""
        place = (datetime.fromtimestamp(since, UTC), _FIRST_ID)
        of = (tenant_id, condition.event_key, condition.scope)
        while records := await self._fetch(connection, "load_past_events", *of, *place, _EVENTS_AT_ONCE):
            for record in records:
                if event_holds(condition, record["key"], record["scope"], record["payload"]):
                    fields = dict(record)
                    del fields["at"]
                    return EventItem(**fields)
            place = (records[-1]["at"], records[-1]["event_id"])
        return None

    async def _load_schedules(
        self, connection: Connection, tenant_id: str, at: float, schedule_id: str, until: float, limit: int
    ) -> Loaded:
        after = schedule_id or _FIRST_ID
        rows = await self._fetch(connection, "load_schedules", tenant_id, at, after, until, limit)
        schedules = [ScheduleRow(**dict(row)) for row in rows]
        last = (schedules[-1].at, schedules[-1].schedule_id) if len(schedules) == limit else (until, _LAST_ID)
        return Loaded(schedules=schedules, schedules_until=last)

    async def _refill(self, connection: Connection, tenant_id: str, queue_id: int, after: int, limit: int) -> Loaded:
        rows = await self._rows(connection, "load_queue", tenant_id, queue_id, after, limit)
        complete = len(rows) < limit
        return Loaded(rows=await self._with_families(connection, tenant_id, rows), queue=(queue_id, complete))

    async def _with_families(self, connection: Connection, tenant_id: str, rows: list[RunRow]) -> list[RunRow]:
        """Adds the DAG runs of the tasks among the rows, with all their tasks."""
        roots = list({row.root_id or row.run_id for row in rows if row.kind != Kind.STANDALONE})
        if not roots:
            return rows
        family = await self._rows(connection, "load_unfinished", tenant_id, roots)
        ids = {row.run_id for row in family}
        return [*family, *(row for row in rows if row.run_id not in ids)]

    async def _rows(self, connection: Connection, name: str, *arguments: Any) -> list[RunRow]:
        return [to_row(record) for record in await self._fetch(connection, name, *arguments)]

    async def load_state(self, tenant_id: str) -> TenantState:
        """What a take-over needs; the waiting tasks themselves are loaded queue by queue, later."""
        async with (
            translated(),
            self._database.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read"),
        ):
            active = await self._rows(connection, "load_active", tenant_id)
            crons = await self._fetch(connection, "load_crons", tenant_id)
            versions = [to_version(row) for row in await self._fetch(connection, "load_versions", tenant_id)]
            capped = [version.workflow_id for version in versions if version.definition.queue_limit is not None]
            cancelling = [version.version_id for version in versions if version.definition.cancels]
            return TenantState(
                versions=versions,
                workers=[to_worker(row) for row in await self._fetch(connection, "load_workers", tenant_id)],
                rows=await self._with_families(connection, tenant_id, active),
                tallies=await self._made(Tally, connection, "load_tallies", tenant_id),
                tenant_limits=await self._made(TenantLimits, connection, "load_limits", tenant_id),
                members=await self._rows(connection, "load_members", tenant_id, cancelling),
                crons=[to_cron(row) for row in crons],
                active_cron_runs=[row["last_run_id"] for row in crons if row["active"]],
                steps=[to_step(row) for row in await self._fetch(connection, "load_open_steps", tenant_id)],
                pauses=await self._made(PauseRow, connection, "load_pauses", tenant_id),
                claims=await self._made(ClaimRow, connection, "load_newest_claims", tenant_id, NEWEST),
                filters=await self._made(FilterRow, connection, "load_filters", tenant_id),
                rates=await self._made(RateRow, connection, "load_rates", tenant_id),
                unstarted=[tuple(row) for row in await self._fetch(connection, "load_unstarted", tenant_id, capped)],
                sequence=0,
            )

    async def _fetch(self, connection: Connection, name: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self._database.fetch(connection, _load(name), *arguments)

    async def _made(self, kind: Callable[..., R], connection: Connection, name: str, *arguments: Any) -> list[R]:
        """Rows whose columns are named as the fields of what they become."""
        return [kind(**dict(row)) for row in await self._fetch(connection, name, *arguments)]

    async def expired(self, tenant_id: str, now: float, limit: int = 1000) -> list[RunRow]:
        """Queued tasks whose schedule deadline has passed."""
        async with translated(), self._database.pool.acquire() as connection:
            return await self._rows(connection, "load_expired", tenant_id, now, limit)

    async def run_with_tasks(self, tenant_id: str, run_id: str) -> list[RunRow]:
        """All rows of the run that has this id, or a task with it; empty if there is none."""
        async with translated(), self._database.pool.acquire() as connection:
            roots = [row[0] for row in await self._fetch(connection, "load_roots", tenant_id, [run_id])]
            if not roots:
                return []
            rows = await self._rows(connection, "load_unfinished", tenant_id, roots)
            # It may have moved to the history between the two reads.
            return rows or await self._rows(connection, "load_finished", tenant_id, roots)

    async def steps(self, tenant_id: str, task_id: str) -> list[StepRow]:
        """What a durable task has recorded, by branch and node."""
        async with translated(), self._database.pool.acquire() as connection:
            return [to_step(each) for each in await self._fetch(connection, "load_steps", tenant_id, [task_id])]

    async def enqueued(self, tenant_id: str, limit: int) -> list[EnqueuedRow]:
        """The first runs that users enqueued in transactions of their own, in order."""
        rows = await self._database.execute("load", "load_enqueued", tenant_id, limit)
        return [EnqueuedRow(**dict(row)) for row in rows]

    async def tenants_with_enqueued(self) -> list[str]:
        """Tenants for which runs are enqueued."""
        return [row["tenant_id"] for row in await self._database.execute("load", "load_enqueued_tenants")]


def _load(name: str) -> str:
    return statement("load", name)


def _is_uuid(text: str) -> bool:
    """A fast look, so that a malformed id is unknown rather than an error of the database."""
    return len(text) == 36 and text.count("-") == 4 and all(c in "0123456789abcdefABCDEF-" for c in text)
