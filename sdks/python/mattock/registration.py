"""Making workflows known to the server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc.aio
from pydantic_core import to_json

from ._contracts.workflow_pb2 import (
    QUEUE_ORDER_FIFO,
    QUEUE_ORDER_LIFO,
    Batch,
    EventFilter,
    PutWorkflowRequest,
    PutWorkflowResponse,
    TaskDefinition,
    WorkflowDefinition,
)
from ._contracts.workflow_pb2 import Idempotency as IdempotencyMessage
from .channel import PUT_WORKFLOW, Backoff, authorization, request_error
from .condition import condition_messages
from .declaration import Task, Workflow
from .duration import to_seconds
from .error import RegistrationError
from .flow import (
    Idempotency,
    RoundRobin,
    concurrency_messages,
    debounce_message,
    label_messages,
    pace_message,
    queue_limit_message,
    rate_messages,
    turn_message,
)
from .option import BatchOptions
from .setting import ClientSettings

_TIMEOUT = 30.0
# Seconds that an attempt of a durable task may take by default: it mostly waits.
_DURABLE_TIMEOUT = 5 * 365 * 86_400.0
_TEMPORARY = frozenset((grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.ABORTED))


def action_of(task: Task[Any, Any], settings: ClientSettings) -> str:
    """The action by which workers are found for a task."""
    return f"{settings.qualify(task.workflow.name)}:{task.name}".lower()


def define(workflow: Workflow[Any], settings: ClientSettings) -> WorkflowDefinition:
    """A workflow as the server wants it told.

    Raises:
        RegistrationError: it has no task.
        ValueError: a duration is none.
    """
    if not workflow.tasks:
        raise RegistrationError(f"tasks: workflow {workflow.name!r} has none", 3, "tasks")
    options = workflow.options
    orders = {"FIFO": QUEUE_ORDER_FIFO, "LIFO": QUEUE_ORDER_LIFO}
    order = options.get("queue_order", "FIFO")
    limits = concurrency_messages(options.get("concurrency", ()))
    if isinstance(order, RoundRobin):
        limits.append(turn_message(order))
        order = "FIFO"
    if order not in orders:
        raise ValueError(f"queue_order: expected FIFO, LIFO or RoundRobin(…), got {order!r}")
    metadata = options.get("default_additional_metadata")
    failure = workflow.failure_task
    return WorkflowDefinition(
        name=settings.qualify(workflow.name),
        tasks=[_define_task(workflow, task, settings) for task in workflow.tasks],
        on_failure=_define_task(workflow, failure, settings) if failure else None,
        description=options.get("description", ""),
        version=options.get("version", ""),
        default_priority=options.get("default_priority", 0),
        queue_order=orders[order],
        metadata=to_json(metadata) if metadata else b"",
        input_schema=workflow.input.schema(),
        concurrency=limits,
        event_triggers=[settings.qualify(key) for key in options.get("on_events", ())],
        filters=[
            EventFilter(expression=each.expression, scope=each.scope, payload=to_json(each.payload or {}))
            for each in options.get("default_filters", ())
        ],
        cron_triggers=options.get("on_crons", ()),
        cron_input=to_json(options["cron_input"]) if "cron_input" in options else b"",
        idempotency=_idempotency(options.get("idempotency")),
        queue_limit=queue_limit_message(options.get("queue_limit")),
        debounce=debounce_message(options.get("debounce")),
        priority_ageing=to_seconds(options.get("priority_ageing", 0), "priority_ageing"),
        sticky=f"STICKY_{options.get('sticky', 'NONE')}",
    )


def _idempotency(found: Idempotency | None) -> IdempotencyMessage | None:
    if found is None:
        return None
    ttl = to_seconds(found.ttl, "Idempotency.ttl")
    return IdempotencyMessage(expression=found.key_expression, ttl=ttl, until_end=found.until_end)


def _define_task(workflow: Workflow[Any], task: Task[Any, Any], settings: ClientSettings) -> TaskDefinition:
    options = task.options
    slots = options.get("slots", 1)
    found = TaskDefinition(
        name=task.name,
        action=action_of(task, settings),
        parents=[parent.name for parent in workflow.parents_of(task)],
        retries=options.get("retries", 0),
        slots={"durable" if task.durable else "default": slots} if isinstance(slots, int) else dict(slots),
        durable=task.durable,
        priority=options.get("priority", 0),
        concurrency=concurrency_messages(options.get("concurrency", ())),
        rate_limits=rate_messages(options.get("rate_limits", ())),
        desired_labels=label_messages(options.get("desired_worker_labels", ())),
        conditions=condition_messages(
            options.get("wait_for", ()), options.get("skip_if", ()), options.get("cancel_if", ()), settings.qualify
        ),
    )
    if "pace" in workflow.options and not workflow.parents_of(task):
        found.rate_limits.append(pace_message(settings.qualify(workflow.name), workflow.options["pace"]))
    if task.batch is not None:
        found.batch.CopyFrom(_batch(task.name, task.batch))
    if "backoff_factor" in options:
        found.backoff_factor = options["backoff_factor"]
    if "backoff_max_seconds" in options:
        found.backoff_max = options["backoff_max_seconds"]
    if task.durable:
        found.execution_timeout = _DURABLE_TIMEOUT
    if "execution_timeout" in options:
        found.execution_timeout = to_seconds(options["execution_timeout"], f"{task.name}.execution_timeout")
    if "schedule_timeout" in options:
        found.schedule_timeout = to_seconds(options["schedule_timeout"], f"{task.name}.schedule_timeout")
    return found


def _batch(name: str, options: BatchOptions) -> Batch:
    found = Batch(max_size=options["batch_size"], key_expression=options.get("batch_key", ""))
    if "batch_interval" in options:
        found.interval = to_seconds(options["batch_interval"], f"{name}.batch_interval")
    if "batch_max_runs" in options:
        found.max_runs = options["batch_max_runs"]
    return found


async def register(channel: grpc.aio.Channel, settings: ClientSettings, workflows: Iterable[Workflow[Any]]) -> None:
    """Makes workflows known; waits for a server that is not there yet.

    Raises:
        RegistrationError: the server refused one; names the field.
    """
    call: Any = channel.unary_unary(PUT_WORKFLOW)
    backoff = Backoff()
    for workflow in workflows:
        request = PutWorkflowRequest(workflow=define(workflow, settings)).SerializeToString()
        while True:
            try:
                answer = await call(request, metadata=authorization(settings), timeout=_TIMEOUT)
                PutWorkflowResponse.FromString(answer)
                break
            except grpc.aio.AioRpcError as error:
                if error.code() not in _TEMPORARY:
                    raise request_error(error, RegistrationError) from error
                await asyncio.sleep(backoff.next())
