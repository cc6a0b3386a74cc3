"""Workflow definitions as plain data: what a registration says, with every default filled in."""

from __future__ import annotations

import msgspec

from .status import Action, Comparator, QueueOrder, Sticky, Strategy

# Defaults of the shared contract.
EXECUTION_TIMEOUT = 60.0
SCHEDULE_TIMEOUT = 300.0
BACKOFF_MAX_SECONDS = 86_400
DEFAULT_PRIORITY = 1


class ConcurrencyDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A limit of what runs at once, for each value of an expression.

    Attributes:
        expression: CEL that gives the key, a string, from `input`, `additional_metadata` and `workflow_run_id`.
        max_runs: how many with one key may run at once.
        strategy: what becomes of those above it.
        max_runs_expression: CEL that gives `max_runs` from the same; the newest one's value holds for its key.
        name: shared by all workflows of the tenant that declare it; "" for a limit of this workflow or task alone.
    """

    expression: str
    max_runs: int = 1
    strategy: Strategy = Strategy.CANCEL_IN_PROGRESS
    max_runs_expression: str = ""
    name: str = ""


class RateDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units of a rate limit that a task uses up when it starts.

    Attributes:
        key: of a limit that was put by name; "" with `key_expression`.
        key_expression: CEL that gives the key, a string.
        units: how many; units_expression: CEL that gives it.
        limit_expression: CEL that gives the limit of a key that is made by this task; "" for one put by name.
        window: seconds.
    """

    key: str = ""
    key_expression: str = ""
    units: int = 1
    units_expression: str = ""
    limit_expression: str = ""
    window: float = 60.0


class LabelDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A label that a task desires of its worker.

    Attributes:
        key: the label's name.
        value: what it is compared with; only numbers have an order.
        comparator: how.
        required: others get nothing; otherwise a worker that has it is preferred.
        weight: how much it counts among several.
    """

    key: str
    value: str | int
    comparator: Comparator = Comparator.EQUAL
    required: bool = False
    weight: int = 100


class FilterDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which events of a scope start a workflow.

    Attributes:
        expression: CEL that says whether, from `input` (the event's payload), `payload` (this filter's),
            `additional_metadata`, `event_key` and `event_id`.
        scope: equal to the event's.
        payload: text of a JSON object for the expression and the run, or "".
    """

    expression: str
    scope: str
    payload: str = ""


class ConditionDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A condition of a task: on a parent's output, a sleep, or an event.

    Attributes:
        action: what it does to the task.
        key: names its data for the task.
        group: number of the conditions of this action of which one is enough.
        expression: CEL over `output` (of the parent) or `input` (the event's payload); "" is true.
        parent: name of the parent.
        seconds: length of the sleep, from the end of the parents on; sleep_text: as it was written.
        event_key: of the event; scope: equal to the event's, "" for any.
        since: events from this time on count too (seconds since 1970); 0 for those to come.
        look_back: those of so many seconds before it began to wait count too; 0 for those to come.
    """

    action: Action
    key: str
    group: int = 0
    expression: str = ""
    parent: str = ""
    seconds: float = 0.0
    sleep_text: str = ""
    event_key: str = ""
    scope: str = ""
    since: float = 0.0
    look_back: float = 0.0


class BatchDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """Runs of a task are gathered, and run together.

    Attributes:
        max_size: how many at most.
        interval: seconds after which fewer are run, counted from when the first of them was queued.
        key_expression: CEL that gives a key, a string: only runs with one key are run together. "" for one key.
        max_runs: how many batches with one key may run at once.
    """

    max_size: int
    interval: float = 1.0
    key_expression: str = ""
    max_runs: int = 100


class TaskDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """One task of a workflow.

    Attributes:
        name: the task's name, unique in its workflow.
        action: `workflow:task` as registered, lower-cased for matching.
        parents: names of the tasks whose outputs it needs.
        retries: attempts after the first one.
        backoff_factor: base of the delay between attempts, in seconds; None retries at once.
        backoff_max: cap of that delay, in seconds.
        execution_timeout: seconds from assignment.
        execution_timeout_text: the same as it was written (error texts quote it).
        schedule_timeout: seconds in the queue.
        slots: units of each slot kind that one attempt takes.
        durable: whether it is a durable task.
        priority: 1 to 3 for this task's place in its queue; 0 takes the run's.
        concurrency: limits of what runs at once, all of which must have room.
        rates: rate limits, likewise.
        labels: what it desires of its worker.
        conditions: what it waits for, and what skips or cancels it.
        batch: how its runs are gathered into batches; None for each by itself.
    """

    name: str
    action: str
    parents: tuple[str, ...] = ()
    retries: int = 0
    backoff_factor: float | None = None
    backoff_max: float = BACKOFF_MAX_SECONDS
    execution_timeout: float = EXECUTION_TIMEOUT
    execution_timeout_text: str = "60s"
    schedule_timeout: float = SCHEDULE_TIMEOUT
    slots: tuple[tuple[str, int], ...] = (("default", 1),)
    durable: bool = False
    priority: int = 0
    concurrency: tuple[ConcurrencyDefinition, ...] = ()
    rates: tuple[RateDefinition, ...] = ()
    labels: tuple[LabelDefinition, ...] = ()
    conditions: tuple[ConditionDefinition, ...] = ()
    batch: BatchDefinition | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of all tasks that must be final before it can be looked at."""
        return tuple(dict.fromkeys((*self.parents, *(each.parent for each in self.conditions if each.parent))))


class IdempotencyDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of runs with one key, one is started.

    Attributes:
        expression: CEL that gives the key, a string, from `input` and `additional_metadata`.
        ttl: seconds from the start of the one on for which others are refused.
        until_end: they are refused only until that one is final, and no longer than `ttl`.
    """

    expression: str
    ttl: float
    until_end: bool = False


class QueueLimitDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many runs may wait for their start.

    Attributes:
        max_queued: how many at most.
        drop_oldest: the oldest is cancelled when another one comes; otherwise that one is refused.
    """

    max_queued: int
    drop_oldest: bool = False


class DebounceDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of runs with one key that come in quick succession, the last one is started.

    Attributes:
        expression: CEL that gives the key, a string, from `input` and `additional_metadata`.
        delay: seconds after the last one.
        max_wait: seconds after the first one at most; 0 for no such limit.
    """

    expression: str
    delay: float
    max_wait: float = 0.0


class WorkflowDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A workflow: its tasks as a DAG and its run options.

    Attributes:
        name: the workflow's name, unique in its tenant.
        tasks: the tasks, in the order in which they were registered; at least one.
        on_failure: a task that is run once when a task of the run has failed for good.
        description: for people.
        version: free text for people.
        default_priority: 1 (low) to 3 (high).
        queue_order: order of its queues within equal priority.
        metadata: default metadata as the text of a JSON object; a run's own keys win.
        input_schema: JSON schema of its input as text, or "".
        concurrency: limits of what runs at once, counted in runs.
        sticky: whether the tasks of a run keep to the worker of its first one.
        events: keys of the events that start it; `*` stands for any characters.
        filters: which of those events do.
        idempotency: which runs are the same as one that was started before.
        crons: cron expressions that start it; cron_input: text of their runs' input.
        queue_limit: how many runs may wait for their start; None for any number.
        debounce: which runs take the place of others that came just before; of a workflow of one task.
        priority_ageing: seconds in the queue that count as one step of priority more; 0 for none.
    """

    name: str
    tasks: tuple[TaskDefinition, ...]
    on_failure: TaskDefinition | None = None
    description: str = ""
    version: str = ""
    default_priority: int = DEFAULT_PRIORITY
    queue_order: QueueOrder = QueueOrder.FIFO
    metadata: str = ""
    input_schema: str = ""
    concurrency: tuple[ConcurrencyDefinition, ...] = ()
    sticky: Sticky = Sticky.NONE
    events: tuple[str, ...] = ()
    filters: tuple[FilterDefinition, ...] = ()
    crons: tuple[str, ...] = ()
    cron_input: str = ""
    idempotency: IdempotencyDefinition | None = None
    queue_limit: QueueLimitDefinition | None = None
    debounce: DebounceDefinition | None = None
    priority_ageing: float = 0.0

    @property
    def cancels(self) -> bool:
        """True if one of its limits cancels what is above it."""
        limits = [*self.concurrency, *(limit for task in self.tasks for limit in task.concurrency)]
        return any(limit.strategy != Strategy.GROUP_ROUND_ROBIN for limit in limits)

    @property
    def standalone(self) -> bool:
        """True if its run is its one task (one row, one id)."""
        return len(self.tasks) == 1 and self.on_failure is None and not self.tasks[0].conditions
