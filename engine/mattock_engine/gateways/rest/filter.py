"""Filters of events, and trying expressions."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from ...core.command import DropFilter, FilterRow, PutFilter
from ...core.definition import WorkflowDefinition
from ...core.error import Refused
from ...core.expression import ExpressionError, check_expression, compiled
from ...core.filter import declared_filters
from ...core.registration import FILTER_VARIABLES, check_filter
from . import model
from .context import Caller, Context, Here, Id
from .error import not_found
from .once import new_id
from .page import Cursor, Limit, Offset, page_after
from .route import Route
from .run import Strings
from .view import json_object

router = APIRouter(prefix="/api/v1/stable/tenants/{tenant}", tags=["events"], route_class=Route)
MAX_WORKFLOWS = 100_000


@router.get("/filters")
async def list_filters(
    here: Here,
    caller: Caller,
    tenant: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    workflow_ids: Annotated[list[Id] | None, Query(alias="workflowIds")] = None,
    scopes: Strings = None,
    cursor: Cursor = None,
) -> model.FilterList:
    """Lists filters by scope, those that workflows declare among them."""
    wanted = {str(each) for each in workflow_ids or ()}
    found = [
        row
        for row in await _all(here, caller.tenant_id)
        if (not wanted or row.workflow_id in wanted) and (not scopes or row.scope in scopes)
    ]
    rows, pagination = page_after(found, lambda row: (row.scope, row.filter_id), cursor, offset, limit)
    return model.FilterList(rows=[_view(caller.tenant_id, row) for row in rows], pagination=pagination)


@router.post("/filters")
async def make_filter(here: Here, caller: Caller, tenant: Id, body: model.FilterRequest) -> model.Filter:
    """Adds a filter to a workflow: from now on, only events of a filter's scope start it."""
    payload = msgspec.json.encode(body.payload or {}).decode()
    check_filter("", body.expression, body.scope, payload)
    row = FilterRow(new_id(), str(body.workflow_id), body.scope, body.expression, payload)
    return _view(caller.tenant_id, await here.engine.call(caller.tenant_id, PutFilter(row)))


@router.get("/filters/{filter_id}")
async def get_filter(here: Here, caller: Caller, tenant: Id, filter_id: Id) -> model.Filter:
    """A filter."""
    return _view(caller.tenant_id, await _find(here, caller.tenant_id, str(filter_id)))


@router.patch("/filters/{filter_id}")
async def change_filter(
    here: Here, caller: Caller, tenant: Id, filter_id: Id, body: model.FilterChange
) -> model.Filter:
    """Changes a filter that was made by the API."""
    row = await _find(here, caller.tenant_id, str(filter_id))
    if row.declared:
        raise not_found("filter", "the workflow declares this filter: change it there")
    changed = FilterRow(
        row.filter_id,
        row.workflow_id,
        body.scope if body.scope is not None else row.scope,
        body.expression if body.expression is not None else row.expression,
        msgspec.json.encode(body.payload).decode() if body.payload is not None else row.payload,
    )
    check_filter("", changed.expression, changed.scope, changed.payload)
    return _view(caller.tenant_id, await here.engine.call(caller.tenant_id, PutFilter(changed)))


@router.delete("/filters/{filter_id}")
async def drop_filter(here: Here, caller: Caller, tenant: Id, filter_id: Id) -> model.Filter:
    """Takes a filter away."""
    return _view(caller.tenant_id, await here.engine.call(caller.tenant_id, DropFilter(str(filter_id))))


@router.post("/cel/debug")
async def debug_expression(
    here: Here, caller: Caller, tenant: Id, body: model.ExpressionRequest
) -> model.ExpressionReply:
    """Evaluates an expression of a filter."""
    variables = {
        "input": body.input,
        "payload": body.filter_payload or {},
        "additional_metadata": body.additional_metadata or {},
        "event_key": "",
        "event_id": "",
    }
    try:
        check_expression("expression", body.expression, FILTER_VARIABLES)
        output = compiled(body.expression).truth_value(variables)
    except (Refused, ExpressionError) as error:
        return model.ExpressionReply(status="ERROR", error=str(error))
    return model.ExpressionReply(status="SUCCESS", output=output)


async def _all(here: Context, tenant_id: str) -> list[FilterRow]:
    found = [FilterRow(**dict(record)) for record in await here.store.read("filters", tenant_id)]
    for record in await here.store.read("workflows", tenant_id, None, MAX_WORKFLOWS, 0, None):
        definition = msgspec.json.decode(record["definition"], type=WorkflowDefinition)
        found.extend(declared_filters(record["workflow_id"], definition))
    return found


async def _find(here: Context, tenant_id: str, filter_id: str) -> FilterRow:
    row = next((row for row in await _all(here, tenant_id) if row.filter_id == filter_id), None)
    if row is None:
        raise not_found("filter", f"no filter {filter_id}")
    return row


def _view(tenant_id: str, row: FilterRow) -> model.Filter:
    now = model.moment(time.time())
    return model.Filter(
        metadata=model.Metadata(id=row.filter_id, created_at=now, updated_at=now),
        tenant_id=tenant_id,
        workflow_id=row.workflow_id,
        scope=row.scope,
        expression=row.expression,
        payload=json_object(row.payload),
        is_declarative=row.declared,
    )
