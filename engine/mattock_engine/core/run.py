"""Runs and tasks in memory.

Both are rows (`RunRow`, what the store keeps) with what only the living state machine needs beside it: the compiled
definition, the worker, the children. The store reads the row's columns straight off these objects.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from .batch import Batch
from .command import RunRow, WorkflowRow
from .definition import ConcurrencyDefinition, TaskDefinition
from .filter import FilterSet
from .gate import Hold
from .history import History
from .status import FINAL, Kind, QueueOrder, Status
from .stream import TaskStream
from .worker import Worker, queue_id_of

# Ranks within a queue: what was interrupted goes first, then priority 3, 2, 1.
_RANK_SHIFT = 60
_SEQUENCE_MASK = (1 << _RANK_SHIFT) - 1
RETRY_RANK = 0


def step_id_of(version_id: str, name: str) -> str:
    """The id of a task's definition in its version: a UUID that depends on both."""
    text = blake2b(f"{version_id}/{name}".encode(), digest_size=16).hexdigest()
    return f"{text[:8]}-{text[8:12]}-8{text[13:16]}-a{text[17:20]}-{text[20:]}"


def member_id_of(run_id: str, index: int) -> str:
    """The id of a DAG run's task: keeps the run's time prefix, so that ids stay ordered by time."""
    text = blake2b(f"{run_id}/{index}".encode(), digest_size=10).hexdigest()
    return f"{run_id[:15]}{text[:3]}-a{text[3:6]}-{text[6:18]}"


def sort_key_of(rank: int, sequence: int, order: QueueOrder, ageing: float = 0.0) -> int:
    """Place in a queue: rank first, then the order of arrival (or its reverse).

    With `ageing`, a rank is worth so many seconds of arrival: a lower priority waits for so much longer at most.
    """
    if ageing and rank != RETRY_RANK:
        sequence += int((rank - 1) * ageing * 1_000_000)
        rank = 1
    if order == QueueOrder.LIFO:
        sequence = _SEQUENCE_MASK - sequence
    return (rank << _RANK_SHIFT) | sequence


def rank_of(priority: int) -> int:
    """Rank of a priority from 1 (low) to 3 (high)."""
    return 4 - priority


# Limits that a task or a run must pass, outermost first, each with the scope of its keys.
Chain = tuple[tuple[str, ConcurrencyDefinition], ...]


def scope_of(version: Version, task_name: str, definition: ConcurrencyDefinition) -> str:
    """What tells one limit from the others: its shared name, or where it is declared and by what expression."""
    if definition.name:
        return f"~{definition.name}"
    return f"{version.workflow_id}/{task_name}/{definition.expression}"


class TaskSpec:
    """A task of a version, compiled: everything that is the same for all its runs."""

    __slots__ = (
        "action",
        "batch_size",
        "child_names",
        "concurrency",
        "definition",
        "gated",
        "index",
        "is_on_failure",
        "kinds",
        "max_attempts",
        "name",
        "parents",
        "patience",
        "queue_id",
        "slots",
        "step_id",
        "version",
    )

    def __init__(self, version: Version, definition: TaskDefinition, index: int, is_on_failure: bool = False) -> None:
        self.version = version
        self.definition = definition
        self.index = index
        self.is_on_failure = is_on_failure
        self.name = definition.name
        self.action = definition.action.lower()
        self.queue_id = queue_id_of(self.action)
        self.step_id = step_id_of(version.version_id, definition.name)
        self.parents = definition.parents
        self.child_names: list[str] = []
        self.slots = definition.slots
        self.kinds = tuple(kind for kind, _ in definition.slots)
        self.max_attempts = definition.retries + 1
        chain = [(scope_of(version, definition.name, each), each) for each in definition.concurrency]
        if len(version.definition.tasks) == 1 and not is_on_failure:
            # The run is its one task: that passes the workflow's limits itself.
            chain = [*((scope_of(version, "", each), each) for each in version.definition.concurrency), *chain]
        self.concurrency: Chain = tuple(chain)
        self.batch_size = 0 if definition.batch is None else definition.batch.max_size
        # Seconds until it is given up in the queue; that of a batch that gathers does not count.
        self.patience = definition.schedule_timeout + (definition.batch.interval if definition.batch else 0.0)
        self.gated = bool(chain or definition.rates or self.batch_size)


class Version:
    """A version of a workflow, compiled."""

    __slots__ = (
        "concurrency",
        "declared_filters",
        "definition",
        "name",
        "on_failure",
        "order",
        "row",
        "specs",
        "standalone",
        "sticky",
        "version_id",
        "workflow_id",
    )

    def __init__(self, row: WorkflowRow) -> None:
        self.row = row
        self.workflow_id = row.workflow_id
        self.version_id = row.version_id
        self.order = row.order
        self.definition = row.definition
        self.name = row.definition.name
        self.standalone = row.definition.standalone
        self.sticky = row.definition.sticky
        # The filters that the definition brings; made at the first event.
        self.declared_filters: FilterSet | None = None
        self.concurrency: Chain = ()
        if len(row.definition.tasks) > 1:
            self.concurrency = tuple((scope_of(self, "", each), each) for each in row.definition.concurrency)
        self.specs: dict[str, TaskSpec] = {}
        for index, task in enumerate(row.definition.tasks):
            self.specs[task.name] = TaskSpec(self, task, index)
        self.on_failure: TaskSpec | None = None
        if row.definition.on_failure is not None:
            self.on_failure = TaskSpec(self, row.definition.on_failure, len(self.specs), is_on_failure=True)
        for spec in list(self.specs.values()):
            for parent in spec.definition.needs:
                self.specs[parent].child_names.append(spec.name)

    def spec(self, task_name: str) -> TaskSpec:
        """The task of that name, the on-failure task included."""
        found = self.specs.get(task_name)
        if found is not None:
            return found
        assert self.on_failure is not None
        return self.on_failure


_HOLDING = (Status.RUNNING, Status.BACKOFF, Status.EVICTED)


class Task(RunRow, kw_only=True, eq=False):
    """A task in memory: standalone (its own run), or a member of a `Dag`.

    Attributes:
        spec: its definition.
        dag: the run it belongs to, None for a standalone one.
        worker: who holds its current attempt (status RUNNING).
        windowed: it stands in the window of its queue.
        children: ids of the runs that it spawned, by key; None while unknown (it was loaded from the store).
        stream: its stream, once it has one.
        child_metadata: metadata that its children inherit, computed at the first one.
        holds: gates that it has passed and not left.
        history: what it has recorded, as far as it is in memory (durable tasks).
        batch: those that run together with it (status RUNNING).
    """

    spec: TaskSpec
    dag: Dag | None = None
    worker: Worker | None = None
    windowed: bool = False
    children: dict[str, str] | None = None
    stream: TaskStream | None = None
    child_metadata: str | None = None
    holds: tuple[Hold, ...] = ()
    history: History | None = None
    batch: Batch | None = None

    @property
    def root(self) -> RunRow:
        """The row of its run: the DAG's, or itself."""
        return self.dag if self.dag is not None else self

    @property
    def held(self) -> bool:
        """True while something in memory depends on this object."""
        return (
            self.windowed
            or self.status in _HOLDING
            or self.waits
            or (self.history is not None and bool(self.history.steps))
        )

    @property
    def restores(self) -> int:
        """How many of its attempts began because a wait was over."""
        return self.extra.restores if self.extra is not None else 0

    @property
    def waits(self) -> bool:
        """True while it waits for conditions."""
        return self.status == Status.PENDING and self.extra is not None and self.extra.waiting_since > 0


class Dag(RunRow, kw_only=True, eq=False):
    """A run of several tasks in memory.

    Attributes:
        version: its workflow's version.
        members: the tasks that exist so far, by name.
        windowed: it waits for its workflow's limits, in the window of a queue of such runs.
        holds: gates that it has passed and not left.
    """

    version: Version
    members: dict[str, Task] = msgspec.field(default_factory=dict)
    windowed: bool = False
    holds: tuple[Hold, ...] = ()

    @property
    def waits(self) -> bool:
        """True before it has passed its workflow's limits."""
        return self.queue_id != 0

    @property
    def held(self) -> bool:
        """True while something in memory depends on this object."""
        return self.windowed or any(member.held for member in self.members.values())

    def ordered_members(self) -> list[Task]:
        """Its tasks in the order of the definition, the on-failure task last."""
        return sorted(self.members.values(), key=lambda task: task.spec.index)


def is_final(row: RunRow) -> bool:
    """True for a row in a final state."""
    return row.status in FINAL


def is_unbegun(row: RunRow) -> bool:
    """True for the row of a run of which nothing has run yet."""
    return row.status == Status.QUEUED and row.attempt == 0


def new_standalone(spec: TaskSpec, run_id: str, now: float) -> Task:
    """A standalone task, not queued yet."""
    version = spec.version
    return Task(
        run_id=run_id,
        kind=Kind.STANDALONE,
        workflow_id=version.workflow_id,
        version_id=version.version_id,
        task_name=spec.name,
        status=Status.QUEUED,
        queue_id=spec.queue_id,
        created_at=now,
        spec=spec,
        children={},
    )


def new_member(dag: Dag, spec: TaskSpec, now: float) -> Task:
    """A task of a DAG run, not queued yet. (Input and metadata stay with the run.)"""
    task = Task(
        run_id=member_id_of(dag.run_id, spec.index),
        kind=Kind.TASK,
        root_id=dag.run_id,
        workflow_id=dag.workflow_id,
        version_id=dag.version_id,
        task_name=spec.name,
        status=Status.PENDING,
        priority=spec.definition.priority or dag.priority,
        queue_id=spec.queue_id,
        created_at=now,
        spec=spec,
        dag=dag,
        children={},
    )
    dag.members[spec.name] = task
    return task


def task_from_row(row: RunRow, spec: TaskSpec, dag: Dag | None) -> Task:
    """A task as the store has it."""
    task = Task(**msgspec.structs.asdict(row), spec=spec, dag=dag)
    if dag is not None:
        dag.members[spec.name] = task
    return task


def dag_from_row(row: RunRow, version: Version) -> Dag:
    """A DAG run as the store has it, without its members."""
    return Dag(**msgspec.structs.asdict(row), version=version, members={})
