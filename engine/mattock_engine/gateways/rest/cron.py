"""Crons: make, list, pause, run, delete, make up for the past."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Response

from ...core.command import BackfillCron, ChangeCron, CronRow, DropCron, PutCron, RunCron
from ...core.error import Code, Refused, invalid
from ...core.submission import check_payload
from ...core.tick import check_cron
from ..selection import pairs_of
from . import model
from .context import Caller, Context, Here, Id
from .error import not_found
from .once import new_id
from .page import Cursor, Limit, Offset, page_after
from .route import Route
from .view import json_object

router = APIRouter(prefix="/api/v1/tenants/{tenant}/workflows", tags=["crons"], route_class=Route)


@router.post("/{workflow}/crons")
async def make_cron(here: Here, caller: Caller, tenant: Id, workflow: str, body: model.CronRequest) -> model.Cron:
    """Makes a cron for the workflow of that name."""
    if not body.cron_name.strip():
        raise invalid("cronName", "is empty; expected a name")
    check_cron("cronExpression", body.cron_expression, body.timezone)
    row = CronRow(
        cron_id=new_id(),
        workflow=workflow,
        expression=body.cron_expression,
        name=body.cron_name,
        timezone=body.timezone,
        input=_text("input", body.input, here.max_payload_bytes),
        metadata=_text("additionalMetadata", body.additional_metadata, here.max_payload_bytes),
        priority=body.priority or 0,
        missed=body.missed,
        overlap=body.overlap,
        jitter=body.jitter,
    )
    try:
        made = await here.engine.call(caller.tenant_id, PutCron(row))
    except Refused as refused:
        # The shared contract answers 400 to an unknown workflow and to a cron that exists.
        raise Refused(Code.INVALID_ARGUMENT, refused.message, refused.field) from refused
    return (await _views(here, caller.tenant_id, [made]))[0]


@router.get("/crons")
async def list_crons(
    here: Here,
    caller: Caller,
    tenant: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    workflow_id: Annotated[Id | None, Query(alias="workflowId")] = None,
    workflow_name: Annotated[str | None, Query(alias="workflowName")] = None,
    cron_name: Annotated[str | None, Query(alias="cronName")] = None,
    additional_metadata: Annotated[list[str] | None, Query(alias="additionalMetadata")] = None,
    order_by_field: Annotated[Literal["name", "createdAt"], Query(alias="orderByField")] = "createdAt",
    order_by_direction: Annotated[Literal["ASC", "DESC"], Query(alias="orderByDirection")] = "DESC",
    cursor: Cursor = None,
) -> model.CronList:
    """Lists crons."""
    pairs = pairs_of(additional_metadata)
    found = [
        cron
        for cron in await _views(here, caller.tenant_id, await _rows(here, caller.tenant_id))
        if (workflow_id is None or cron.workflow_id == str(workflow_id))
        and (workflow_name is None or cron.workflow_name == workflow_name)
        and (cron_name is None or cron.name == cron_name)
        and all(str(cron.additional_metadata.get(key)) == value for key, value in pairs)
    ]

    def key(cron: model.Cron) -> tuple[str, str]:
        by = (cron.name or "") if order_by_field == "name" else cron.metadata.created_at.isoformat()
        return by, cron.metadata.id

    rows, pagination = page_after(found, key, cursor, offset, limit, descending=order_by_direction == "DESC")
    return model.CronList(rows=rows, pagination=pagination)


@router.get("/crons/{cron}")
async def get_cron(here: Here, caller: Caller, tenant: Id, cron: Id) -> model.Cron:
    """A cron."""
    for row in await _rows(here, caller.tenant_id):
        if row.cron_id == str(cron):
            return (await _views(here, caller.tenant_id, [row]))[0]
    raise not_found("cron", f"no cron {cron}")


@router.patch("/crons/{cron}", status_code=204, response_class=Response)
async def change_cron(here: Here, caller: Caller, tenant: Id, cron: Id, body: model.CronChange) -> Response:
    """Pauses a cron, lets it go on, or gives it other values."""
    row = next((row for row in await _rows(here, caller.tenant_id) if row.cron_id == str(cron)), None)
    if row is None:
        raise not_found("cron", f"no cron {cron}")
    if body.cron_name is not None and not body.cron_name.strip():
        raise invalid("cronName", "is empty; expected a name")
    if body.cron_expression is not None or body.timezone is not None:
        expression = row.expression if body.cron_expression is None else body.cron_expression
        check_cron("cronExpression", expression, row.timezone if body.timezone is None else body.timezone)
    given = {"input": body.input, "additionalMetadata": body.additional_metadata}
    texts = {name: _text(name, value, here.max_payload_bytes) for name, value in given.items() if value is not None}
    command = ChangeCron(
        str(cron),
        enabled=body.enabled,
        expression=body.cron_expression,
        name=body.cron_name,
        timezone=body.timezone,
        input=texts.get("input"),
        metadata=texts.get("additionalMetadata"),
        priority=body.priority,
        missed=body.missed,
        overlap=body.overlap,
        jitter=body.jitter,
    )
    await here.engine.call(caller.tenant_id, command)
    return Response(status_code=204)


@router.delete("/crons/{cron}", status_code=204, response_class=Response)
async def drop_cron(here: Here, caller: Caller, tenant: Id, cron: Id) -> Response:
    """Deletes a cron."""
    await here.engine.call(caller.tenant_id, DropCron(str(cron)))
    return Response(status_code=204)


@router.post("/crons/{cron}")
async def run_cron(here: Here, caller: Caller, tenant: Id, cron: Id) -> model.ExternalId:
    """Starts a run of a cron at once."""
    return model.ExternalId(external_id=await here.engine.call(caller.tenant_id, RunCron(str(cron), new_id())))


@router.post("/crons/{cron}/backfill")
async def backfill_cron(here: Here, caller: Caller, tenant: Id, cron: Id, body: model.Backfill) -> model.RunIds:
    """Starts the runs of all ticks of a past range that have none."""
    command = BackfillCron(str(cron), body.since.timestamp(), body.until.timestamp() if body.until else time.time())
    return model.RunIds(ids=await here.engine.call(caller.tenant_id, command))


def _text(field: str, value: Any, limit: int) -> str:
    text = msgspec.json.encode(value).decode() if value else "{}"
    check_payload(field, text, limit)
    return "" if field == "additionalMetadata" and text == "{}" else text


async def _rows(here: Context, tenant_id: str) -> list[CronRow]:
    names = CronRow.__struct_fields__
    return [CronRow(**{n: record[n] for n in names}) for record in await here.store.read("crons", tenant_id)]


async def _views(here: Context, tenant_id: str, rows: list[CronRow]) -> list[model.Cron]:
    names = list({row.workflow for row in rows})
    versions = {record["name"]: record for record in await here.store.read("workflows_by_name", tenant_id, names)}
    return [_view(tenant_id, row, versions.get(row.workflow)) for row in rows]


def _view(tenant_id: str, row: CronRow, version: Any) -> model.Cron:
    at = model.moment(row.created_at)
    return model.Cron(
        metadata=model.Metadata(id=row.cron_id, created_at=at, updated_at=at),
        tenant_id=tenant_id,
        workflow_version_id=version["version_id"] if version else "",
        workflow_id=version["workflow_id"] if version else "",
        workflow_name=row.workflow,
        cron=row.expression,
        name=row.name or None,
        input=json_object(row.input),
        additional_metadata=json_object(row.metadata),
        priority=row.priority or None,
        enabled=row.enabled,
        method="DEFAULT" if row.declared else "API",
        timezone=row.timezone,
        missed=row.missed,
        overlap=row.overlap,
        jitter=row.jitter,
        next_at=model.moment(row.next_at) if row.enabled else None,
        problem=row.problem or None,
    )
