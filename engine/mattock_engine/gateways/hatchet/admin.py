"""Registration, details and control of runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from ...contracts.hatchet import admin_pb2 as pb
from ...core.command import CancelRuns, PutWorkflow, ReplayRuns, RunRow
from ...core.definition import (
    BACKOFF_MAX_SECONDS,
    DEFAULT_PRIORITY,
    BatchDefinition,
    FilterDefinition,
    IdempotencyDefinition,
    TaskDefinition,
    WorkflowDefinition,
)
from ...core.dispatch import SKIPPED_OUTPUT
from ...core.duration import parse_duration
from ...core.error import Code, Refused, invalid
from ...core.registration import checked
from ...core.status import FINAL, Kind, Status, Sticky
from ...core.step import ForkTask
from ...core.submission import is_uuid, text_of
from ...identity import new_id
from ...port import EnginePort
from ...store import Store
from ...wire import Call, Server
from ..door import tenant_of
from ..selection import MAX_CANCELLED, MAX_REPLAYED, RunFilter, change_runs
from ..selection import READABLE as STATUS_NAMES
from .condition import conditions_of
from .flow import concurrency_of, labels_of, rates_of

# What a filter may name.
READABLE_NAMES = tuple(dict.fromkeys(STATUS_NAMES.values()))
# Readable statuses: what waits is queued.
READABLE = {Status.BACKOFF: Status.QUEUED, Status.PENDING: Status.QUEUED, Status.EVICTED: Status.RUNNING}


def register(server: Server, engine: EnginePort, store: Store, max_payload_bytes: int) -> None:
    """Adds the methods."""
    admin = Admin(engine, store)
    server.unary("/v1.AdminService/PutWorkflow", admin.put_workflow)
    server.unary("/v1.AdminService/GetRunDetails", admin.get_run_details)
    server.unary("/v1.AdminService/CancelTasks", admin.cancel_tasks)
    server.unary("/v1.AdminService/ReplayTasks", admin.replay_tasks)
    server.unary("/v1.AdminService/BranchDurableTask", admin.fork_task)


class Admin:
    """The methods."""

    def __init__(self, engine: EnginePort, store: Store) -> None:
        self._engine = engine
        self._store = store

    def put_workflow(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Registers a workflow."""
        definition = checked(definition_of(pb.CreateWorkflowVersionRequest.FromString(request)))
        command = PutWorkflow(definition, new_id(), new_id())
        return self._engine.call(
            tenant_of(call),
            command,
            lambda ids: pb.CreateWorkflowVersionResponse(id=ids[1], workflow_id=ids[0]).SerializeToString(),
        )

    async def get_run_details(self, request: bytes, call: Call) -> bytes:
        """A run with its tasks, as stored."""
        run_id = pb.GetRunDetailsRequest.FromString(request).external_id
        rows = await self._store.loader.run_with_tasks(tenant_of(call), run_id) if is_uuid(run_id) else []
        if not rows:
            raise Refused(Code.NOT_FOUND, f"external_id: no run {run_id!r}", "external_id")
        return details_of(rows).SerializeToString()

    async def cancel_tasks(self, request: bytes, call: Call) -> bytes:
        """Cancels runs or tasks by id, or runs by filter."""
        wanted = _chosen(pb.CancelTasksRequest.FromString(request))
        ids = await change_runs(self._engine, self._store, tenant_of(call), wanted, CancelRuns, MAX_CANCELLED)
        return pb.CancelTasksResponse(cancelled_tasks=ids).SerializeToString()

    async def replay_tasks(self, request: bytes, call: Call) -> bytes:
        """Replays runs or tasks by id, or runs by filter."""
        wanted = _chosen(pb.ReplayTasksRequest.FromString(request))
        ids = await change_runs(self._engine, self._store, tenant_of(call), wanted, ReplayRuns, MAX_REPLAYED)
        return pb.ReplayTasksResponse(replayed_tasks=ids).SerializeToString()

    def fork_task(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Runs a durable task again from a node on."""
        message = pb.BranchDurableTaskRequest.FromString(request)
        task_id = message.task_external_id
        command = ForkTask(task_id, int(message.node_id), int(message.branch_id))
        return self._engine.call(
            tenant_of(call),
            command,
            lambda place: pb.BranchDurableTaskResponse(
                task_external_id=task_id, node_id=place[0], branch_id=place[1]
            ).SerializeToString(),
        )


def _moment(field: str, stamp: Timestamp) -> datetime:
    try:
        return stamp.ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid(f"filter.{field}", "expected a time from year 1 to 9999") from error


def _chosen(message: pb.CancelTasksRequest | pb.ReplayTasksRequest) -> RunFilter | list[str]:
    """Which runs are meant: the filter's, or those whose ids are told."""
    if message.HasField("filter") == bool(message.external_ids):
        raise invalid("external_ids", "expected either external_ids or filter")
    if not message.HasField("filter"):
        ids = [text.lower() for text in message.external_ids]
        for index, text in enumerate(ids):
            if not is_uuid(text):
                raise invalid(f"external_ids[{index}]", f"{text[:60]!r} is no UUID")
        return ids
    wanted = message.filter
    for index, text in enumerate(wanted.statuses):
        if text not in READABLE_NAMES:
            expected = ", ".join(READABLE_NAMES)
            raise invalid(f"filter.statuses[{index}]", f"{text[:60]!r} is unknown; expected one of {expected}")
    return RunFilter(
        since=_moment("since", wanted.since),
        until=_moment("until", wanted.until) if wanted.HasField("until") else None,
        statuses=list(wanted.statuses),
        workflow_ids=[text.lower() for text in wanted.workflow_ids],
        metadata=list(wanted.additional_metadata),
    )


def definition_of(message: pb.CreateWorkflowVersionRequest) -> WorkflowDefinition:
    """A registration with every default filled in. (`registration.checked` looks at the values.)"""
    return WorkflowDefinition(
        name=message.name,
        tasks=tuple(_task(task) for task in message.tasks),
        on_failure=_task(message.on_failure_task) if message.HasField("on_failure_task") else None,
        description=message.description,
        version=message.version,
        default_priority=message.default_priority if message.HasField("default_priority") else DEFAULT_PRIORITY,
        input_schema=text_of("input_json_schema", message.input_json_schema),
        concurrency=concurrency_of("concurrency", _limits(message)),
        events=tuple(message.event_triggers),
        crons=tuple(message.cron_triggers),
        cron_input=message.cron_input if message.HasField("cron_input") and message.cron_triggers else "",
        filters=tuple(
            FilterDefinition(each.expression, each.scope, text_of(f"default_filters[{index}].payload", each.payload))
            for index, each in enumerate(message.default_filters)
        ),
        idempotency=_idempotency(message.idempotency) if message.HasField("idempotency") else None,
        sticky=_sticky(message.sticky) if message.HasField("sticky") else Sticky.NONE,
    )


def _sticky(number: int) -> Sticky:
    try:
        return Sticky(number + 1)
    except ValueError as error:
        raise invalid("sticky", f"{number} is unknown") from error


def _idempotency(message: pb.IdempotencyConfig) -> IdempotencyDefinition:
    return IdempotencyDefinition(message.expression, message.ttl_ms / 1000, message.method == pb.STATUS)


def _limits(message: pb.CreateWorkflowVersionRequest) -> list[pb.Concurrency]:
    """Older SDKs send one limit, newer ones a list (and some the first of it again)."""
    limits = list(message.concurrency_arr)
    if message.HasField("concurrency") and message.concurrency not in limits:
        limits.insert(0, message.concurrency)
    return limits


def _task(task: pb.CreateTaskOpts) -> TaskDefinition:
    at = f"tasks[{task.readable_id}]"
    timeout = task.timeout or "60s"
    schedule_timeout = task.schedule_timeout or "5m"
    return TaskDefinition(
        name=task.readable_id,
        action=task.action,
        parents=tuple(task.parents),
        retries=task.retries,
        backoff_factor=task.backoff_factor if task.HasField("backoff_factor") else None,
        backoff_max=task.backoff_max_seconds if task.HasField("backoff_max_seconds") else BACKOFF_MAX_SECONDS,
        execution_timeout=parse_duration(f"{at}.timeout", timeout),
        execution_timeout_text=timeout,
        schedule_timeout=parse_duration(f"{at}.schedule_timeout", schedule_timeout),
        slots=tuple(sorted(task.slot_requests.items())) or (("durable" if task.is_durable else "default", 1),),
        durable=task.is_durable,
        concurrency=concurrency_of(f"{at}.concurrency", task.concurrency),
        rates=rates_of(f"{at}.rate_limits", task.rate_limits),
        labels=labels_of(f"{at}.worker_labels", task.worker_labels),
        conditions=conditions_of(f"{at}.conditions", task.conditions) if task.HasField("conditions") else (),
        batch=_batch(task.batch) if task.HasField("batch") else None,
    )


def _batch(message: pb.TaskBatchConfig) -> BatchDefinition:
    interval = message.batch_max_interval_ms / 1000
    default = BatchDefinition(message.batch_max_size)
    return BatchDefinition(
        max_size=message.batch_max_size,
        interval=interval if message.HasField("batch_max_interval_ms") else default.interval,
        key_expression=message.batch_group_key,
        max_runs=message.batch_group_max_runs if message.HasField("batch_group_max_runs") else default.max_runs,
    )


def details_of(rows: list[RunRow]) -> pb.GetRunDetailsResponse:
    """A run's rows as the contract's details."""
    root = next(row for row in rows if row.kind != Kind.TASK)
    tasks = [row for row in rows if row.kind != Kind.DAG]
    response = pb.GetRunDetailsResponse(
        input=(root.input or "{}").encode(),
        status=int(READABLE.get(Status(root.status), Status(root.status))),  # type: ignore[arg-type]
        done=root.status in FINAL,
        additional_metadata=(root.metadata or "{}").encode(),
    )
    for row in tasks:
        detail = response.task_runs[row.task_name]
        detail.external_id = row.run_id
        detail.readable_id = row.task_name
        detail.status = int(READABLE.get(Status(row.status), Status(row.status)))  # type: ignore[assignment]
        if row.error:
            detail.error = row.error
        if row.skipped:
            detail.output = SKIPPED_OUTPUT.encode()
        elif row.output:
            detail.output = row.output.encode()
    return response
