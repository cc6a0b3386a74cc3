"""Registration of workflows by mattock.v1."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ...contracts.mattock import workflow_pb2 as pb
from ...core.command import PutWorkflow
from ...core.definition import (
    BACKOFF_MAX_SECONDS,
    DEFAULT_PRIORITY,
    EXECUTION_TIMEOUT,
    SCHEDULE_TIMEOUT,
    BatchDefinition,
    ConditionDefinition,
    DebounceDefinition,
    FilterDefinition,
    IdempotencyDefinition,
    QueueLimitDefinition,
    TaskDefinition,
    WorkflowDefinition,
)
from ...core.error import invalid
from ...core.registration import checked
from ...core.status import Action, QueueOrder
from ...core.submission import check_seconds, text_of
from ...identity import new_id
from ..door import tenant_of
from .flow import concurrency_of, labels_of, rates_of, sticky_of

if TYPE_CHECKING:
    from ...port import EnginePort
    from ...wire import Call, Server


def register(server: Server, engine: EnginePort) -> None:
    """Adds the method."""

    def put_workflow(request: bytes, call: Call) -> asyncio.Future[bytes]:
        definition = checked(definition_of(pb.PutWorkflowRequest.FromString(request).workflow))
        return engine.call(
            tenant_of(call),
            PutWorkflow(definition, new_id(), new_id()),
            lambda ids: pb.PutWorkflowResponse(workflow_id=ids[0], version_id=ids[1]).SerializeToString(),
        )

    server.unary("/mattock.v1.WorkflowService/PutWorkflow", put_workflow)


def definition_of(message: pb.WorkflowDefinition) -> WorkflowDefinition:
    """A registration with every default filled in."""
    return WorkflowDefinition(
        name=message.name,
        tasks=tuple(_task(message.name, task) for task in message.tasks),
        on_failure=_task(message.name, message.on_failure) if message.HasField("on_failure") else None,
        description=message.description,
        version=message.version,
        default_priority=message.default_priority or DEFAULT_PRIORITY,
        queue_order=_queue_order(message.queue_order),
        metadata=text_of("metadata", message.metadata),
        input_schema=text_of("input_schema", message.input_schema),
        concurrency=concurrency_of("concurrency", message.concurrency),
        sticky=sticky_of(message.sticky),
        idempotency=(
            IdempotencyDefinition(
                message.idempotency.expression, message.idempotency.ttl, message.idempotency.until_end
            )
            if message.HasField("idempotency")
            else None
        ),
        queue_limit=(
            QueueLimitDefinition(message.queue_limit.max_queued, message.queue_limit.drop_oldest)
            if message.HasField("queue_limit")
            else None
        ),
        debounce=(
            DebounceDefinition(message.debounce.expression, message.debounce.delay, message.debounce.max_wait)
            if message.HasField("debounce")
            else None
        ),
        priority_ageing=message.priority_ageing,
        events=tuple(message.event_triggers),
        filters=tuple(
            FilterDefinition(each.expression, each.scope, text_of(f"filters[{index}].payload", each.payload))
            for index, each in enumerate(message.filters)
        ),
        crons=tuple(message.cron_triggers),
        cron_input=text_of("cron_input", message.cron_input) if message.cron_triggers else "",
    )


def _queue_order(number: int) -> QueueOrder:
    try:
        return QueueOrder(number)
    except ValueError as error:
        raise invalid("queue_order", f"{number} is unknown; expected 0 (FIFO) or 1 (LIFO)") from error


def _condition(at: str, message: pb.Condition) -> ConditionDefinition:
    try:
        action = Action(message.action)
    except ValueError as error:
        raise invalid(
            f"{at}.action", f"{message.action} is unknown; expected 1 (queue), 2 (cancel), 3 (skip)"
        ) from error
    return ConditionDefinition(
        action=action,
        key=message.key,
        group=message.group,
        expression=message.expression,
        parent=message.parent,
        seconds=message.sleep,
        sleep_text=f"{message.sleep:g}s" if message.sleep else "",
        event_key=message.event_key,
        scope=message.scope,
        look_back=check_seconds(f"{at}.look_back", message.look_back),
    )


def _task(workflow: str, task: pb.TaskDefinition) -> TaskDefinition:
    timeout = task.execution_timeout if task.HasField("execution_timeout") else EXECUTION_TIMEOUT
    return TaskDefinition(
        name=task.name,
        action=task.action or f"{workflow}:{task.name}".lower(),
        parents=tuple(task.parents),
        retries=task.retries,
        backoff_factor=task.backoff_factor if task.HasField("backoff_factor") else None,
        backoff_max=task.backoff_max if task.HasField("backoff_max") else BACKOFF_MAX_SECONDS,
        execution_timeout=timeout,
        execution_timeout_text=f"{timeout:g}s",
        schedule_timeout=task.schedule_timeout if task.HasField("schedule_timeout") else SCHEDULE_TIMEOUT,
        slots=tuple(sorted(task.slots.items())) or (("durable" if task.durable else "default", 1),),
        durable=task.durable,
        priority=task.priority,
        concurrency=concurrency_of(f"tasks[{task.name}].concurrency", task.concurrency),
        rates=rates_of(task.rate_limits),
        labels=labels_of(f"tasks[{task.name}].desired_labels", task.desired_labels),
        conditions=tuple(
            _condition(f"tasks[{task.name}].conditions[{index}]", each) for index, each in enumerate(task.conditions)
        ),
        batch=_batch(task.batch) if task.HasField("batch") else None,
    )


def _batch(message: pb.Batch) -> BatchDefinition:
    default = BatchDefinition(message.max_size)
    return BatchDefinition(
        max_size=message.max_size,
        interval=message.interval if message.HasField("interval") else default.interval,
        key_expression=message.key_expression,
        max_runs=message.max_runs if message.HasField("max_runs") else default.max_runs,
    )
