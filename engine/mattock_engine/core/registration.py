"""What the registration of a workflow or a worker must satisfy, whichever protocol it came by.

The gateways build a `WorkflowDefinition` and give it to `checked`; a `RegisterWorker`, and give it to `check_worker`.
"""

from __future__ import annotations

import re
from collections import Counter
from graphlib import CycleError, TopologicalSorter

from .command import PutRateLimit, RegisterWorker
from .definition import (
    ConcurrencyDefinition,
    ConditionDefinition,
    LabelDefinition,
    RateDefinition,
    TaskDefinition,
    WorkflowDefinition,
)
from .error import invalid
from .expression import check_expression
from .status import Comparator
from .submission import MAX_EVENT_KEY, MAX_SECONDS, check_payload
from .tick import check_cron

_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")
MAX_NAME = 255
MAX_TEXT = 10_000
MAX_ACTIONS = 10_000
# Concurrency limits, or rate limits, of one task or workflow.
MAX_LIMITS = 20
# What the expressions of keys, units and limits see; `parents` are the outputs of a task's parents.
CLAIM_VARIABLES = frozenset(("input", "additional_metadata", "workflow_run_id"))
KEY_VARIABLES = frozenset(("input", "additional_metadata", "workflow_run_id", "parents"))
CONDITION_VARIABLES = frozenset(("input", "output"))
FILTER_VARIABLES = frozenset(("input", "payload", "additional_metadata", "event_key", "event_id"))
# Bytes of a definition's JSON.
MAX_OBJECT = 1 << 20
# Bounds of the shared contract.
BACKOFF_FACTOR = (1.0, 1000.0)
BACKOFF_MAX_SECONDS = (1.0, 86_400.0)
QUEUE_LIMIT = (1, 100_000)
DEBOUNCE_SECONDS = (0.001, 86_400.0 * 365)
BATCH_SIZE = (1, 100_000)
BATCH_INTERVAL_MS = (1.0, 86_400_000.0)
BATCH_RUNS = (1, 10_000)


def checked(definition: WorkflowDefinition) -> WorkflowDefinition:
    """The definition, if all is well with it.

    Raises:
        Refused: INVALID_ARGUMENT; names the field (by task, where it is a task's) and what was expected.
    """
    check_name("name", definition.name)
    if not definition.tasks:
        raise invalid("tasks", "a workflow needs at least one task")
    tasks = [*definition.tasks, *([definition.on_failure] if definition.on_failure is not None else [])]
    for task in tasks:
        _check_task(task)
    repeated = [name for name, count in Counter(task.name for task in tasks).items() if count > 1]
    if repeated:
        raise invalid("tasks", f"task name {repeated[0]!r} is used twice")
    _check_parents(definition.tasks)
    if definition.on_failure is not None and (definition.on_failure.parents or definition.on_failure.conditions):
        raise invalid(
            f"tasks[{definition.on_failure.name}].parents", "an on-failure task has no parents and no conditions"
        )
    if not 1 <= definition.default_priority <= 3:
        raise invalid("default_priority", f"{definition.default_priority} is out of range; expected 1 to 3")
    if definition.metadata:
        check_payload("metadata", definition.metadata, MAX_OBJECT)
    if definition.input_schema:
        check_payload("input_json_schema", definition.input_schema, MAX_OBJECT)
    _check_concurrency("concurrency", definition.concurrency)
    if definition.idempotency is not None:
        check_expression("idempotency.expression", definition.idempotency.expression, CLAIM_VARIABLES)
        if not 0.001 <= definition.idempotency.ttl <= MAX_SECONDS:
            raise invalid("idempotency.ttl", f"{definition.idempotency.ttl:g} s is out of range; expected 1 ms or more")
    _check_spikes(definition)
    _check_events(definition)
    check_text("description", definition.description, MAX_TEXT)
    check_text("version", definition.version, MAX_NAME)
    return definition


def _check_spikes(definition: WorkflowDefinition) -> None:
    limit, debounce = definition.queue_limit, definition.debounce
    if limit is not None:
        _check_range("queue_limit.max_queued", limit.max_queued, QUEUE_LIMIT)
    if debounce is not None:
        check_expression("debounce.expression", debounce.expression, CLAIM_VARIABLES)
        _check_range("debounce.delay", debounce.delay, DEBOUNCE_SECONDS)
        if debounce.max_wait:
            _check_range("debounce.max_wait", debounce.max_wait, (debounce.delay, MAX_SECONDS))
        if not definition.standalone:
            raise invalid("debounce", "is for workflows of one task, without conditions and on-failure task")
    _check_range("priority_ageing", definition.priority_ageing, (0.0, MAX_SECONDS))


def check_name(field: str, name: str) -> None:
    """Refuses a name with other characters than letters, digits, `.`, `_`, `-`."""
    if len(name) > MAX_NAME or not _NAME.match(name):
        raise invalid(
            field, f"{name[:80]!r} is no valid name; expected letters, digits, '.', '_' or '-' (up to {MAX_NAME})"
        )


def check_text(field: str, text: str, limit: int) -> None:
    """Refuses text that is too long (characters), or holds what cannot be stored."""
    if len(text) > limit:
        raise invalid(field, f"{len(text)} characters; expected up to {limit}")
    if "\0" in text:
        raise invalid(field, "holds a NUL character, which cannot be stored")


def check_worker(command: RegisterWorker) -> RegisterWorker:
    """The registration of a worker, if all is well with it."""
    check_text("worker_name", command.name, MAX_NAME)
    if len(command.actions) > MAX_ACTIONS:
        raise invalid("actions", f"{len(command.actions)} actions; expected up to {MAX_ACTIONS}")
    for action in command.actions:
        check_text("actions", action, 2 * MAX_NAME + 1)
    for kind, units in command.slots.items():
        check_text("slot_config", kind, MAX_NAME)
        if units < 0:
            raise invalid(f"slot_config[{kind}]", f"{units} is negative")
    check_labels(command.labels)
    for key, value in command.runtime.items():
        check_text(f"runtime_info.{key}", value, MAX_TEXT)
    return command


def check_labels(labels: dict[str, str | int]) -> dict[str, str | int]:
    """A worker's labels, if all is well with them."""
    for key, value in labels.items():
        check_text("labels", key, MAX_NAME)
        if isinstance(value, str):
            check_text(f"labels[{key}]", value, MAX_TEXT)
    return labels


def _check_events(definition: WorkflowDefinition) -> None:
    for index, expression in enumerate(definition.crons):
        check_cron(f"cron_triggers[{index}]", expression)
    if len(set(definition.crons)) != len(definition.crons):
        raise invalid("cron_triggers", "an expression is given twice")
    if definition.cron_input:
        check_payload("cron_input", definition.cron_input, MAX_OBJECT)
    for index, key in enumerate(definition.events):
        if not key:
            raise invalid(f"event_triggers[{index}]", "is empty; expected a key")
        check_text(f"event_triggers[{index}]", key, MAX_EVENT_KEY)
    for index, each in enumerate(definition.filters):
        check_filter(f"default_filters[{index}].", each.expression, each.scope, each.payload)


def check_filter(at: str, expression: str, scope: str, payload: str) -> None:
    """Refuses a filter that cannot be evaluated, or has no scope."""
    check_expression(f"{at}expression", expression, FILTER_VARIABLES)
    if not scope:
        raise invalid(f"{at}scope", "is empty; expected the scope of the events that it is for")
    check_text(f"{at}scope", scope, MAX_EVENT_KEY)
    if payload:
        check_payload(f"{at}payload", payload, MAX_OBJECT)


def _check_task(task: TaskDefinition) -> None:
    at = f"tasks[{task.name}]"
    check_name("tasks.name", task.name)
    check_text(f"{at}.action", task.action, 2 * MAX_NAME + 1)
    if not 2 <= len(task.action.split(":")) <= 3:
        raise invalid(f"{at}.action", f"{task.action!r} is no action; expected 'workflow:task'")
    if task.retries < 0:
        raise invalid(f"{at}.retries", f"{task.retries} is negative; expected 0 or more")
    if task.backoff_factor is not None:
        _check_range(f"{at}.backoff_factor", task.backoff_factor, BACKOFF_FACTOR)
    _check_range(f"{at}.backoff_max_seconds", task.backoff_max, BACKOFF_MAX_SECONDS)
    for name, seconds in (("timeout", task.execution_timeout), ("schedule_timeout", task.schedule_timeout)):
        if not 0 < seconds <= MAX_SECONDS:
            raise invalid(f"{at}.{name}", f"{seconds:g} s is out of range; expected more than 0, up to ten years")
    if not task.slots:
        raise invalid(f"{at}.slot_requests", "a task needs at least one slot")
    for kind, units in task.slots:
        if units <= 0:
            raise invalid(f"{at}.slot_requests[{kind}]", f"{units} is out of range; expected 1 or more")
    _check_concurrency(f"{at}.concurrency", task.concurrency)
    check_conditions(f"{at}.conditions", task.conditions)
    _check_rates(f"{at}.rate_limits", task.rates)
    _check_batch(f"{at}.batch", task)
    check_desired_labels(f"{at}.worker_labels", task.labels)
    if not 0 <= task.priority <= 3:
        raise invalid(f"{at}.priority", f"{task.priority} is out of range; expected 1 to 3")


def check_rate_limit(command: PutRateLimit) -> PutRateLimit:
    """A rate limit, if all is well with it."""
    if not command.key:
        raise invalid("key", "is empty; expected a name")
    check_text("key", command.key, MAX_NAME)
    if command.limit < 0:
        raise invalid("limit", f"{command.limit} is negative; expected 0 or more")
    return command


def _check_concurrency(at: str, limits: tuple[ConcurrencyDefinition, ...]) -> None:
    if len(limits) > MAX_LIMITS:
        raise invalid(at, f"{len(limits)} limits; expected up to {MAX_LIMITS}")
    for index, limit in enumerate(limits):
        here = f"{at}[{index}]"
        check_expression(f"{here}.expression", limit.expression, KEY_VARIABLES)
        if limit.max_runs < 1:
            raise invalid(f"{here}.max_runs", f"{limit.max_runs} is out of range; expected 1 or more")
        if limit.max_runs_expression:
            check_expression(f"{here}.max_runs_expression", limit.max_runs_expression, KEY_VARIABLES)
        if limit.name:
            check_name(f"{here}.name", limit.name)


def _check_batch(at: str, task: TaskDefinition) -> None:
    batch = task.batch
    if batch is None:
        return
    if task.durable:
        raise invalid(at, "a durable task has a history of its own, and cannot be part of a batch")
    _check_range(f"{at}.batch_max_size", batch.max_size, BATCH_SIZE)
    _check_range(f"{at}.batch_max_interval_ms", batch.interval * 1000, BATCH_INTERVAL_MS)
    _check_range(f"{at}.batch_group_max_runs", batch.max_runs, BATCH_RUNS)
    if batch.key_expression:
        check_expression(f"{at}.batch_group_key", batch.key_expression, KEY_VARIABLES)


def _check_rates(at: str, rates: tuple[RateDefinition, ...]) -> None:
    if len(rates) > MAX_LIMITS:
        raise invalid(at, f"{len(rates)} limits; expected up to {MAX_LIMITS}")
    for index, rate in enumerate(rates):
        here = f"{at}[{index}]"
        if not (rate.key or rate.key_expression):
            raise invalid(f"{here}.key", "is empty; expected a name, or an expression")
        check_text(f"{here}.key", rate.key, MAX_NAME)
        if rate.units < 0:
            raise invalid(f"{here}.units", f"{rate.units} is negative; expected 0 or more")
        for name, text in (
            ("key_expr", rate.key_expression),
            ("units_expr", rate.units_expression),
            ("limit_values_expr", rate.limit_expression),
        ):
            if text:
                check_expression(f"{here}.{name}", text, KEY_VARIABLES)


def check_desired_labels(at: str, labels: tuple[LabelDefinition, ...]) -> None:
    """Refuses labels that cannot be compared as asked."""
    for label in labels:
        here = f"{at}[{label.key}]"
        check_text(here, label.key, MAX_NAME)
        if isinstance(label.value, str):
            check_text(here, label.value, MAX_TEXT)
            if label.comparator not in (Comparator.EQUAL, Comparator.NOT_EQUAL):
                raise invalid(f"{here}.comparator", "text has no order; expected EQUAL or NOT_EQUAL")


def check_conditions(at: str, conditions: tuple[ConditionDefinition, ...]) -> None:
    """Refuses conditions that can never be looked at."""
    for index, condition in enumerate(conditions):
        _check_condition(f"{at}[{index}]", condition)


def _check_condition(at: str, condition: ConditionDefinition) -> None:
    if condition.expression:
        check_expression(f"{at}.expression", condition.expression, CONDITION_VARIABLES)
    check_text(f"{at}.readable_data_key", condition.key, MAX_TEXT)
    check_text(f"{at}.user_event_key", condition.event_key, MAX_EVENT_KEY)
    if condition.parent or condition.event_key:
        return
    # A sleep until a time that is here comes as one of 0 s.
    if not condition.sleep_text or not 0 <= condition.seconds <= MAX_SECONDS:
        raise invalid(f"{at}.sleep_for", f"{condition.seconds:g} s is out of range; expected 0 s to ten years")


def _check_range(field: str, value: float, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise invalid(field, f"{value:g} is out of range; expected {low:g} to {high:g}")


def _check_parents(tasks: tuple[TaskDefinition, ...]) -> None:
    names = {task.name for task in tasks}
    for task in tasks:
        unknown = [parent for parent in task.needs if parent not in names]
        if unknown:
            raise invalid(f"tasks[{task.name}].parents", f"no task {unknown[0]!r} in this workflow")
        if len(set(task.parents)) != len(task.parents):
            raise invalid(f"tasks[{task.name}].parents", "a parent is named twice")
    try:
        TopologicalSorter({task.name: task.needs for task in tasks}).prepare()
    except CycleError as error:
        raise invalid("tasks.parents", f"the tasks form a cycle: {' -> '.join(error.args[1])}") from error
