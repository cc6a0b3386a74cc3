"""A store in memory that keeps what the real one keeps, and loads as it loads."""

from __future__ import annotations

import copy
import heapq
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ..core.command import (
    ClaimRow,
    CronRow,
    EventItem,
    Loaded,
    LogLine,
    PauseRow,
    RunRow,
    ScheduleRow,
    StepRow,
    TenantLimits,
    WorkerRow,
    WorkflowRow,
)
from ..core.condition import event_holds
from ..core.definition import ConditionDefinition
from ..core.limit import RateRow
from ..core.record import Need, Records
from ..core.run import is_unbegun
from ..core.status import FINAL, Kind, Status, StepKind
from ..core.tally import Tallies, Tally
from ..core.user_event import time_of

_FIELDS = RunRow.__struct_fields__


def _is_active(row: RunRow) -> bool:
    waits = row.status == Status.PENDING and row.extra is not None
    return waits or row.status in (Status.RUNNING, Status.BACKOFF, Status.EVICTED)


def _first_past(events: list[EventItem], condition: ConditionDefinition, since: float) -> list[EventItem]:
    """The first event since a time for which a condition holds, if there is one."""
    fitting = (
        event
        for event in sorted(events, key=lambda event: event.event_id)
        if time_of(event.event_id) >= since and event_holds(condition, event.key, event.scope, event.payload)
    )
    return list(islice(fitting, 1))


def snapshot(row: RunRow) -> RunRow:
    """The columns of a row as they are now."""
    return RunRow(**{name: getattr(row, name) for name in _FIELDS})


@dataclass
class MemoryStore:
    """Tables as dictionaries. A commit is atomic because nothing can come between its lines."""

    hot: dict[str, RunRow] = field(default_factory=dict)
    finished: dict[str, RunRow] = field(default_factory=dict)
    workers: dict[str, WorkerRow] = field(default_factory=dict)
    versions: dict[str, WorkflowRow] = field(default_factory=dict)
    rates: dict[str, RateRow] = field(default_factory=dict)
    events: dict[str, list[str]] = field(default_factory=dict)
    pushed: list[EventItem] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=dict)
    logs: list[LogLine] = field(default_factory=list)
    crons: dict[str, CronRow] = field(default_factory=dict)
    schedules: dict[str, ScheduleRow] = field(default_factory=dict)
    steps: dict[tuple[str, int, int], StepRow] = field(default_factory=dict)
    claims: dict[str, ClaimRow] = field(default_factory=dict)
    pauses: dict[str, PauseRow] = field(default_factory=dict)
    tenant_limits: list[TenantLimits] = field(default_factory=list)
    restarts: int = 0

    def commit(self, records: Records) -> None:
        """Writes a round; raises AssertionError where the real store would refuse or lose a row."""
        for run_id, row in records.inserted.items():
            assert run_id not in self.hot, f"{run_id} inserted twice"
            assert run_id not in self.finished, f"{run_id} inserted again after its end"
            self.hot[run_id] = snapshot(row)
        for run_id, row in records.reopened.items():
            assert self.finished.pop(run_id, None) is not None, f"{run_id} reopened but not finished"
            self.hot[run_id] = snapshot(row)
        for run_id, row in records.refinished.items():
            assert self.finished.pop(run_id, None) is not None, f"{run_id} finished again but not finished"
            self._finish(row)
        for run_id, row in records.updated.items():
            assert run_id in self.hot, f"{run_id} updated but not stored"
            self.hot[run_id] = snapshot(row)
        for run_id, row in records.finished.items():
            assert self.hot.pop(run_id, None) is not None, f"{run_id} finished but not stored"
            self._finish(row)
        for row in records.born_final.values():
            self._finish(row)
        self._commit_rest(records)
        self._commit_workflows(records)

    def _commit_rest(self, records: Records) -> None:
        for key, rate in records.rates.items():
            self.rates[key] = copy.copy(rate)
        for cron_id, cron in records.crons.items():
            self.crons[cron_id] = copy.copy(cron)
        for cron_id in records.dropped_crons:
            self.crons.pop(cron_id, None)
        for schedule_id, schedule in records.schedules.items():
            if not self.schedules.get(schedule_id, schedule).run_id or schedule_id not in self.schedules:
                self.schedules[schedule_id] = copy.copy(schedule)
        for schedule_id in records.dropped_schedules:
            if schedule_id in self.schedules and not self.schedules[schedule_id].run_id:
                del self.schedules[schedule_id]
        for gate, pause in records.pauses.items():
            self.pauses[gate] = copy.copy(pause)
        for limits in records.tenant_limits:
            self.tenant_limits = [copy.copy(limits)]
        for key in records.dropped_rates:
            self.rates.pop(key, None)
        for key, claim in records.claims.items():
            self.claims[key] = copy.copy(claim)
        for key, run_id in records.ended_claims:
            if key in self.claims and self.claims[key].run_id == run_id and self.claims[key].until_end:
                del self.claims[key]
        for place, step in records.steps.items():
            self._put_step(place, step)
        for event in records.user_events:
            self.events.setdefault(event.event.event_id, []).extend(run_id for run_id, _ in event.runs)
            self.pushed.append(event.event)
            self.problems.setdefault(event.event.event_id, []).extend(event.problems)
        self.logs.extend(records.logs)

    def _commit_workflows(self, records: Records) -> None:
        for workflow in records.workflows:
            for other in self.versions.values():
                if other.workflow_id == workflow.workflow_id:
                    other.latest = False
            self.versions[workflow.version_id] = copy.copy(workflow)
        for workflow in self.versions.values():
            workflow.latest = workflow.latest and workflow.workflow_id not in records.dropped_workflows
        for worker_id, worker in records.workers.items():
            self.workers[worker_id] = copy.deepcopy(worker)
        for worker_id, at in records.worker_seen.items():
            self.workers[worker_id].seen_at = at
        for worker_id in records.removed_workers:
            self.workers.pop(worker_id, None)

    def _put_step(self, place: tuple[str, int, int], step: StepRow) -> None:
        old = self.steps.get(place)
        if old is not None:
            assert old.order == 0, f"step {place} is settled, and was written again"
            fixed = ("kind", "fingerprint", "child_id", "conditions", "invocation", "recorded_at")
            assert all(getattr(old, name) == getattr(step, name) for name in fixed), f"step {place} was rewritten"
        self.steps[place] = copy.copy(step)

    def _finish(self, row: RunRow) -> None:
        assert row.run_id not in self.finished, f"{row.run_id} has two outcomes"
        assert row.status in FINAL, f"{row.run_id} moved to the history while {Status(row.status).name}"
        self.finished[row.run_id] = snapshot(row)

    def load(self, need: Need) -> list[Loaded]:
        """The rows that a command needs, as one snapshot."""
        answers = [self._refill(*refill) for refill in need.refill]
        if need.schedules is not None:
            answers.append(self._next_schedules(*need.schedules))
        if need.ids or need.tree or need.children_of:
            roots = {self._root(run_id) for run_id in (*need.ids, *need.tree)} - {None}
            roots |= self._below({root for root in roots if root}) if need.tree else set()
            answers.append(
                Loaded(
                    rows=[snapshot(row) for row in self.hot.values() if (row.root_id or row.run_id) in roots],
                    finished=[snapshot(row) for row in self.finished.values() if (row.root_id or row.run_id) in roots],
                    children={parent: self._children(parent) for parent in need.children_of if self._root(parent)},
                )
            )
        if need.oldest:
            answers.append(Loaded(oldest=self._oldest(need.oldest)))
        if need.claims:
            answers.append(Loaded(claims={key: copy.copy(self.claims.get(key)) for key in need.claims}))
        if need.steps:
            found: dict[str, list[StepRow]] = {task_id: [] for task_id in need.steps}
            for (task_id, _, _), step in self.steps.items():
                if task_id in found:
                    found[task_id].append(copy.copy(step))
            answers.append(Loaded(steps=found))
        if need.events:
            events = [event for wanted in need.events for event in _first_past(self.pushed, *wanted)]
            answers.append(Loaded(events=sorted(events, key=lambda event: event.event_id)))
        return answers

    def _root(self, run_id: str) -> str | None:
        row = self.hot.get(run_id) or self.finished.get(run_id)
        return None if row is None else row.root_id or row.run_id

    def _below(self, roots: set[str]) -> set[str]:
        found: set[str] = set()
        fresh = set(roots)
        while fresh:
            tasks = {row.run_id for row in self._all() if (row.root_id or row.run_id) in fresh}
            fresh = {row.run_id for row in self.hot.values() if row.parent_task_id in tasks} - found
            found |= fresh
        return found

    def _all(self) -> list[RunRow]:
        return [*self.hot.values(), *self.finished.values()]

    def _children(self, parent: str) -> dict[str, str]:
        return {row.child_key: row.run_id for row in self._all() if row.parent_task_id == parent}

    def _next_schedules(self, at: float, schedule_id: str, until: float, limit: int) -> Loaded:
        waiting = {(row.at, row.schedule_id): row for row in self.schedules.values() if not row.run_id}
        places = sorted(place for place in waiting if place > (at, schedule_id) and place[0] <= until)
        chosen = [copy.copy(waiting[place]) for place in places[:limit]]
        last = (chosen[-1].at, chosen[-1].schedule_id) if len(chosen) == limit else (until, "~")
        return Loaded(schedules=chosen, schedules_until=last)

    def _refill(self, queue_id: int, after: int, limit: int) -> Loaded:
        waiting = [
            row
            for row in self.hot.values()
            if row.queue_id == queue_id and row.status == Status.QUEUED and row.sort_key > after
        ]
        chosen = heapq.nsmallest(limit, waiting, key=lambda row: row.sort_key)
        roots = {row.root_id or row.run_id for row in chosen if row.kind != Kind.STANDALONE}
        family = [row for row in self.hot.values() if row.root_id in roots or row.run_id in roots]
        ids = {row.run_id for row in family}
        rows = [snapshot(row) for row in (*family, *(row for row in chosen if row.run_id not in ids))]
        return Loaded(rows=rows, queue=(queue_id, len(waiting) <= limit))

    def state(self) -> dict[str, Any]:
        """What a take-over loads."""
        steps = [copy.copy(step) for step in self.steps.values() if step.order == 0 and step.kind != StepKind.MEMO]
        waiting = {step.task_id for step in steps}
        active = [row for row in self.hot.values() if _is_active(row) or row.run_id in waiting]
        active = [row for row in active if row.kind != Kind.DAG]
        roots = {row.root_id for row in active if row.root_id}
        family = [row for row in self.hot.values() if row.root_id in roots or row.run_id in roots]
        ids = {row.run_id for row in family}
        rows = [snapshot(row) for row in (*family, *(row for row in active if row.run_id not in ids))]
        # A restart takes time: microseconds have passed since the last place was given.
        self.restarts += 1
        newest = max((row.queued_at for row in self.hot.values()), default=0.0)
        sequence = int(newest * 1_000_000) + self.restarts * 1_000_000
        return {
            "versions": [copy.copy(row) for row in self.versions.values()],
            "workers": [copy.deepcopy(row) for row in self.workers.values()],
            "rows": rows,
            "tallies": self.tallies(),
            "tenant_limits": [copy.copy(limits) for limits in self.tenant_limits],
            "members": [snapshot(row) for row in self.hot.values() if self._is_member(row)],
            "rates": [copy.copy(rate) for rate in self.rates.values()],
            "filters": [],
            "crons": [copy.copy(cron) for cron in self.crons.values()],
            "active_cron_runs": [c.last_run_id for c in self.crons.values() if c.last_run_id in self.hot],
            "steps": steps,
            "pauses": [copy.copy(pause) for pause in self.pauses.values()],
            "claims": [copy.copy(claim) for claim in self.claims.values()][:2],
            "unstarted": self._unstarted(),
            "sequence": sequence,
        }

    def tallies(self) -> list[Tally]:
        """How many tasks wait in each queue."""
        counts = Tallies()
        for row in self.hot.values():
            if row.status == Status.QUEUED and row.queue_id:
                counts.came(row)
        return list(counts.by_queue.values())

    def _oldest(self, limit: int) -> list[str]:
        unbegun = [row for row in self.hot.values() if row.kind != Kind.TASK and is_unbegun(row)]
        free = [row.run_id for row in unbegun if row.extra is None or not row.extra.paused_at]
        return sorted(free)[:limit]

    def _unstarted(self) -> list[tuple[str, str]]:
        capped = {row.workflow_id for row in self.versions.values() if row.definition.queue_limit is not None}
        waiting = [
            row
            for row in self.hot.values()
            if row.workflow_id in capped and row.kind != Kind.TASK and row.status == Status.QUEUED and not row.attempt
        ]
        return [(row.workflow_id, row.run_id) for row in sorted(waiting, key=lambda row: row.created_at)]

    def _is_member(self, row: RunRow) -> bool:
        if row.extra is None or not row.extra.keys or row.status in FINAL:
            return False
        admitted = row.kind == Kind.DAG and row.queue_id == 0
        return row.status == Status.RUNNING or admitted or self.versions[row.version_id].definition.cancels
