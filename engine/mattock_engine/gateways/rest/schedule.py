"""Schedules: runs that are started once, at a time."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response

from ...core.command import ChangeSchedules, DropSchedules, PutSchedules, RunSchedule, ScheduleRow
from ...core.error import Code, Refused, invalid
from ...core.submission import check_payload, check_schedule
from ..selection import pairs_of
from . import model
from .context import Caller, Context, Here, Id
from .cursor import place_of
from .error import not_found
from .once import new_id
from .page import Cursor, Limit, Offset, page_of, with_cursor
from .route import Route
from .view import json_object

router = APIRouter(prefix="/api/v1/tenants/{tenant}/workflows", tags=["schedules"], route_class=Route)
MAX_BULK = 10_000
MAX_NEW = 1000
# The shared contract's names of how a schedule's run stands.
_STATUS = {None: "SCHEDULED", 0: "QUEUED", 1: "RUNNING", 2: "SUCCEEDED", 3: "FAILED", 4: "CANCELLED", 5: "RUNNING"}
Status = Literal["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "QUEUED", "SCHEDULED"]


@router.post("/{workflow}/scheduled")
async def make_schedule(
    here: Here, caller: Caller, tenant: Id, workflow: str, body: model.ScheduleRequest
) -> model.Schedule:
    """Schedules a run of the workflow of that name; one of the past starts at once."""
    row = _new(here, workflow, body)
    await _put(here, caller.tenant_id, [row])
    return await _one(here, caller.tenant_id, row.schedule_id)


@router.post("/scheduled/bulk-create")
async def make_schedules(here: Here, caller: Caller, tenant: Id, body: model.SchedulesRequest) -> model.ScheduleIds:
    """Schedules up to a thousand runs, of any workflows, all or none; those of the past start at once."""
    if not 1 <= len(body.schedules) <= MAX_NEW:
        raise invalid("schedules", f"{len(body.schedules)} schedules; expected 1 to {MAX_NEW}")
    rows = [_new(here, each.workflow_name, each) for each in body.schedules]
    return model.ScheduleIds(ids=await _put(here, caller.tenant_id, rows))


@router.get("/scheduled")
async def list_schedules(
    here: Here,
    caller: Caller,
    tenant: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    order_by_field: Annotated[Literal["triggerAt", "createdAt"], Query(alias="orderByField")] = "triggerAt",
    order_by_direction: Annotated[Literal["ASC", "DESC"], Query(alias="orderByDirection")] = "DESC",
    workflow_id: Annotated[Id | None, Query(alias="workflowId")] = None,
    parent_run_id: Annotated[Id | None, Query(alias="parentWorkflowRunId")] = None,
    parent_task_id: Annotated[Id | None, Query(alias="parentStepRunId")] = None,
    additional_metadata: Annotated[list[str] | None, Query(alias="additionalMetadata")] = None,
    statuses: Annotated[list[Status] | None, Query()] = None,
    cursor: Cursor = None,
) -> model.ScheduleList:
    """Lists schedules, those that have fired among them."""
    by_time, newest_first = order_by_field == "triggerAt", order_by_direction == "DESC"
    after = place_of(cursor, tuple[float, UUID]) if cursor else (None, None)
    offset = 0 if cursor else offset
    numbers = [number for number, name in _STATUS.items() if name in (statuses or ())]
    records = await here.store.read(
        "list_schedules",
        caller.tenant_id,
        *_wanted(workflow_id, parent_run_id, parent_task_id, additional_metadata),
        [number for number in numbers if number is not None] if statuses else None,
        not statuses or None in numbers,
        by_time,
        newest_first,
        limit + 1,
        offset,
        *after,
    )
    rows, pagination = page_of(list(records), offset, limit)
    if rows:
        last = rows[-1]["at" if by_time else "created_at"] * (-1 if newest_first else 1)
        with_cursor(pagination, (last, rows[-1]["schedule_id"]))
    return model.ScheduleList(rows=[_view(caller.tenant_id, row) for row in rows], pagination=pagination)


@router.get("/scheduled/{schedule}")
async def get_schedule(here: Here, caller: Caller, tenant: Id, schedule: Id) -> model.Schedule:
    """A schedule."""
    return await _one(here, caller.tenant_id, str(schedule))


@router.delete("/scheduled/{schedule}", status_code=204, response_class=Response)
async def drop_schedule(here: Here, caller: Caller, tenant: Id, schedule: Id) -> Response:
    """Deletes a schedule that has not fired."""
    record = await _find(here, caller.tenant_id, str(schedule))
    if record["run_id"] is not None:
        raise Refused(Code.FAILED_PRECONDITION, "scheduled: it has fired already", "scheduled")
    await here.engine.call(caller.tenant_id, DropSchedules([str(schedule)]))
    return Response(status_code=204)


@router.patch("/scheduled/{schedule}")
async def change_schedule(
    here: Here, caller: Caller, tenant: Id, schedule: Id, body: model.ScheduleChange
) -> model.Schedule:
    """Moves a schedule to another time."""
    record = await _find(here, caller.tenant_id, str(schedule))
    command = ChangeSchedules([_row(record)], [body.trigger_at.timestamp()])
    if not await here.engine.call(caller.tenant_id, command):
        raise Refused(Code.FAILED_PRECONDITION, "scheduled: it has fired already", "scheduled")
    return await _one(here, caller.tenant_id, str(schedule))


@router.post("/scheduled/bulk-delete")
async def drop_schedules(here: Here, caller: Caller, tenant: Id, body: model.SchedulesDrop) -> model.SchedulesDropped:
    """Deletes schedules by id or by filter; says of each that could not be deleted why."""
    if (body.scheduled_workflow_run_ids is None) == (body.filter is None):
        raise invalid("scheduledWorkflowRunIds", "expected either ids or a filter")
    ids = [str(each) for each in body.scheduled_workflow_run_ids or ()]
    if body.filter is not None:
        asked = body.filter.additional_metadata or {}
        pairs = asked if isinstance(asked, list) else [f"{key}:{value}" for key, value in asked.items()]
        parents = body.filter.parent_workflow_run_id, body.filter.parent_step_run_id
        wanted = _wanted(body.filter.workflow_id, *parents, pairs)
        page: tuple[Any, ...] = ([], True, True, False, MAX_BULK, 0, None, None)
        records = await here.store.read("list_schedules", caller.tenant_id, *wanted, *page)
        ids = [record["schedule_id"] for record in records]
    known = {record["schedule_id"]: record for record in await here.store.read("schedules", caller.tenant_id, ids)}
    good = [each for each in ids if each in known and known[each]["run_id"] is None]
    if good:
        await here.engine.call(caller.tenant_id, DropSchedules(good))
    return model.SchedulesDropped(deleted_ids=good, errors=_errors(ids, good, known))


@router.post("/scheduled/bulk-update")
async def change_schedules(
    here: Here, caller: Caller, tenant: Id, body: model.SchedulesChange
) -> model.SchedulesChanged:
    """Moves schedules to other times; says of each that could not be moved why."""
    times = {str(update.id): update.trigger_at.timestamp() for update in body.updates}
    ids = list(times)
    known = {record["schedule_id"]: record for record in await here.store.read("schedules", caller.tenant_id, ids)}
    rows = [_row(record) for record in known.values() if record["run_id"] is None]
    moved: list[str] = []
    if rows:
        command = ChangeSchedules(rows, [times[row.schedule_id] for row in rows])
        moved = await here.engine.call(caller.tenant_id, command)
    return model.SchedulesChanged(updated_ids=moved, errors=_errors(ids, moved, known))


@router.post("/scheduled/{schedule}")
async def run_schedule(here: Here, caller: Caller, tenant: Id, schedule: Id) -> model.ExternalId:
    """Lets a schedule fire now."""
    row = _row(await _find(here, caller.tenant_id, str(schedule)))
    return model.ExternalId(external_id=await here.engine.call(caller.tenant_id, RunSchedule(row)))


def _new(here: Context, workflow: str, body: model.ScheduleRequest) -> ScheduleRow:
    row = ScheduleRow(
        schedule_id=new_id(),
        workflow=workflow,
        at=body.trigger_at.timestamp(),
        input=_text("input", body.input, here.max_payload_bytes),
        metadata=_text("additionalMetadata", body.additional_metadata, here.max_payload_bytes),
        priority=body.priority or 0,
        created_at=time.time(),
    )
    check_schedule(row, here.max_payload_bytes)
    return row


async def _put(here: Context, tenant_id: str, rows: list[ScheduleRow]) -> list[str]:
    try:
        ids: list[str] = await here.engine.call(tenant_id, PutSchedules(rows))
    except Refused as refused:
        raise Refused(Code.INVALID_ARGUMENT, refused.message, refused.field) from refused
    return ids


def _errors(ids: list[str], good: list[str], known: dict[str, Any]) -> list[model.ItemError]:
    bad = [each for each in ids if each not in good]
    return [model.ItemError(id=each, error="has fired already" if each in known else "not found") for each in bad]


def _wanted(
    workflow_id: object, parent_run_id: object, parent_task_id: object, metadata: list[str] | None
) -> list[Any]:
    pairs = pairs_of(metadata)
    keys, values = [key for key, _ in pairs], [value for _, value in pairs]
    ids = [str(each) if each else None for each in (workflow_id, parent_run_id, parent_task_id)]
    return [*ids, keys or None, values or None]


def _text(field: str, value: Any, limit: int) -> str:
    text = msgspec.json.encode(value).decode() if value else "{}"
    check_payload(field, text, limit)
    return text


async def _find(here: Context, tenant_id: str, schedule_id: str) -> Any:
    records = await here.store.read("schedules", tenant_id, [schedule_id])
    if not records:
        raise not_found("scheduled", f"no schedule {schedule_id}")
    return records[0]


async def _one(here: Context, tenant_id: str, schedule_id: str) -> model.Schedule:
    return _view(tenant_id, await _find(here, tenant_id, schedule_id))


def _row(record: Any) -> ScheduleRow:
    values: dict[str, Any] = {name: record[name] for name in ScheduleRow.__struct_fields__}
    texts: dict[str, Any] = {name: "" for name, value in values.items() if value is None}
    return ScheduleRow(**{**values, **texts})


def _view(tenant_id: str, record: Any) -> model.Schedule:
    at = model.moment(record["created_at"])
    status = _STATUS.get(record["status"], "QUEUED") if record["run_id"] is not None else None
    return model.Schedule(
        metadata=model.Metadata(id=record["schedule_id"], created_at=at, updated_at=at),
        tenant_id=tenant_id,
        workflow_version_id=record["version_id"] or "",
        workflow_id=record["workflow_id"] or "",
        workflow_name=record["workflow"],
        trigger_at=model.moment(record["at"]),
        method="API",
        input=json_object(record["input"]),
        additional_metadata=json_object(record["metadata"] or ""),
        priority=record["priority"] or None,
        workflow_run_id=record["run_id"],
        workflow_run_status="FAILED" if record["problem"] else status,
        problem=record["problem"] or None,
    )
