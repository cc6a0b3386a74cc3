"""Records: what the store must write, in one transaction, before anything that depends on it is said."""

from __future__ import annotations

import msgspec

from .command import (
    ClaimRow,
    CronRow,
    EventItem,
    FilterRow,
    LogLine,
    PauseRow,
    RunRow,
    ScheduleRow,
    StepRow,
    TenantLimits,
    WorkerRow,
    WorkflowRow,
)
from .definition import ConditionDefinition
from .limit import RateRow


class Event(msgspec.Struct, array_like=True):
    """A line of a task's history that its row cannot tell: each failed attempt, reassignment, cancellation, replay.

    `kind` is a name of the shared contract's `V1TaskEventType`. CREATED, QUEUED, ASSIGNED, STARTED and FINISHED of the
    last attempt are read off the row and not stored, until a replay begins another one.
    """

    task_id: str
    run_id: str
    attempt: int
    kind: str
    at: float
    message: str = ""
    error: str = ""
    worker_id: str = ""


class UserEventRow(msgspec.Struct):
    """A user event with what it did.

    Attributes:
        event: as it was accepted; at: when.
        runs: ids of the runs that it started, each with the filter's that was true, or "".
        problems: what kept runs from being started.
    """

    event: EventItem
    at: float
    runs: list[tuple[str, str]] = msgspec.field(default_factory=list)
    problems: list[str] = msgspec.field(default_factory=list)


class Records:
    """What one round of commands wrote. One field a set-based statement; each id is in at most one of the first four.

    Attributes:
        inserted: new unfinished rows.
        updated: unfinished rows that changed. All but the fixed columns (kind, root_id, workflow_id, version_id,
            task_name, input, metadata, parent_*, child_key, created_at) are written.
        finished: unfinished rows, stored before this round, that are final now: they move to the history with their
            new state. (A DAG's tasks stay until the DAG's own row is final.)
        born_final: rows that are new and final in the same round: straight to the history.
        refinished: finished rows that a replay took back and that are final again in the same round.
        reopened: ids of finished rows that a replay takes back, with their new state (`updated` columns).
        rates: rate limits that changed, by key. dropped_rates: keys of those that are no more.
        crons, schedules, user_events, filters, and what was dropped of them: as named.
        claims: idempotency keys that were claimed; ended_claims: `(key, run_id)` of runs that are final.
        pauses: of workflows and queues, by their gates' keys. tenant_limits: as they are now, at most one.
        dropped_workflows: ids of those that nothing can start any more.
        taken: places of enqueued rows whose runs exist now; refused: those that can be no run, and why.
        steps: of durable tasks, new or changed, by task, branch and node.
        workflows, workers, worker_seen, removed_workers, events, logs: as named; `worker_seen` is `(id, at)`.
    """

    __slots__ = (
        "born_final",
        "claims",
        "crons",
        "dropped_crons",
        "dropped_filters",
        "dropped_rates",
        "dropped_schedules",
        "dropped_workflows",
        "ended_claims",
        "events",
        "filters",
        "finished",
        "inserted",
        "logs",
        "pauses",
        "rates",
        "refinished",
        "refused",
        "removed_workers",
        "reopened",
        "schedules",
        "steps",
        "taken",
        "tenant_limits",
        "updated",
        "user_events",
        "worker_seen",
        "workers",
        "workflows",
    )

    def __init__(self) -> None:
        self.inserted: dict[str, RunRow] = {}
        self.updated: dict[str, RunRow] = {}
        self.finished: dict[str, RunRow] = {}
        self.born_final: dict[str, RunRow] = {}
        self.reopened: dict[str, RunRow] = {}
        self.refinished: dict[str, RunRow] = {}
        self.workflows: list[WorkflowRow] = []
        self.workers: dict[str, WorkerRow] = {}
        self.worker_seen: dict[str, float] = {}
        self.removed_workers: list[str] = []
        self.rates: dict[str, RateRow] = {}
        self.dropped_rates: list[str] = []
        self.crons: dict[str, CronRow] = {}
        self.dropped_crons: list[str] = []
        self.dropped_workflows: list[str] = []
        self.schedules: dict[str, ScheduleRow] = {}
        self.dropped_schedules: list[str] = []
        self.user_events: list[UserEventRow] = []
        self.filters: dict[str, FilterRow] = {}
        self.dropped_filters: list[str] = []
        self.events: list[Event] = []
        self.logs: list[LogLine] = []
        self.claims: dict[str, ClaimRow] = {}
        self.taken: list[int] = []
        self.refused: list[tuple[int, str]] = []
        self.pauses: dict[str, PauseRow] = {}
        self.tenant_limits: list[TenantLimits] = []
        self.ended_claims: list[tuple[str, str]] = []
        self.steps: dict[tuple[str, int, int], StepRow] = {}

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


class Need(msgspec.Struct, array_like=True):
    """Rows without which a command cannot be applied; the engine loads them, sends `Loaded`, then the command.

    Attributes:
        ids: runs or tasks, finished or not (a task brings its whole run).
        tree: the same, with all unfinished runs below them (cancellation).
        children_of: tasks whose children, by key, must be known.
        schedules: the next ones, by time and id: after these, up to a time, so many.
        refill: queues to load from: `(queue_id, after sort_key, limit)`.
        steps: durable tasks whose histories must be known.
        claims: idempotency keys that may be claimed.
        events: conditions that look back, and since when: of each the first event of the past that holds.
        oldest: so many of the oldest runs that have not begun.
    """

    ids: list[str] = []
    tree: list[str] = []
    children_of: list[str] = []
    refill: list[tuple[int, int, int]] = []
    schedules: tuple[float, str, float, int] | None = None
    steps: list[str] = []
    events: list[tuple[ConditionDefinition, float]] = []
    claims: list[str] = []
    oldest: int = 0

    @property
    def asked(self) -> list[str]:
        """All ids that it names."""
        return [*self.ids, *self.tree, *self.children_of]

    def with_earlier(self, earlier: Need | None) -> Need:
        """Asks again for what an earlier load of the same command brought: nothing keeps that in memory."""
        if earlier is None:
            return self
        return Need(
            ids=list(dict.fromkeys((*earlier.ids, *self.ids))),
            tree=list(dict.fromkeys((*earlier.tree, *self.tree))),
            children_of=list(dict.fromkeys((*earlier.children_of, *self.children_of))),
            steps=list(dict.fromkeys((*earlier.steps, *self.steps))),
            events=list(dict.fromkeys((*earlier.events, *self.events))),
            claims=list(dict.fromkeys((*earlier.claims, *self.claims))),
        )
