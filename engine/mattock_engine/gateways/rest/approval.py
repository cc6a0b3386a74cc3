"""Approvals: what durable tasks ask people, and what these decide. The answer is a signal of the task's."""

from __future__ import annotations

import html
import json
from typing import Annotated, Any
from urllib.parse import parse_qs, quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from ...core.command import StepRow
from ...core.error import Code, Refused, invalid
from ...core.status import StepKind
from ...port import Principal
from ...role import Role
from . import model
from .context import Caller, Context, Here, Id
from .cursor import Cursor, cursor_of, place_of
from .error import not_found
from .route import Route
from .signal import durable_task, line_of, send

router = APIRouter(prefix="/api/v1/stable", tags=["signals"], route_class=Route)
# The page behind an approval's link: who has the link may decide.
page_router = APIRouter(include_in_schema=False)
PREFIX = "approval:"


@router.get("/tenants/{tenant}/approvals")
async def list_approvals(
    here: Here,
    caller: Caller,
    tenant: Id,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    decided: Annotated[bool, Query(description="Those that are over, the newest first.")] = False,
    cursor: Cursor = None,
) -> model.ApprovalList:
    """What waits for a person's decision, the oldest first; or what was decided."""
    after = place_of(cursor, tuple[float, UUID, int, int]) if cursor else (None,) * 4
    query, by = ("decided_approvals", "settled_at") if decided else ("approvals", "recorded_at")
    records = await here.store.read(query, caller.tenant_id, limit + 1, *after)
    rows = []
    for record in records[:limit]:
        found = model.Approval(
            task_external_id=record["task_id"],
            key=record["label"].removeprefix(PREFIX),
            title=record["what"],
            workflow_name=record["workflow"],
            asked_at=model.moment(record["recorded_at"]),
            url="",
        )
        if decided:
            _add_decision(found, record["settled_at"], record["payload"] or "")
        else:
            found.url = await _link(here, caller, found.task_external_id, found.key)
        rows.append(found)
    names = (by, "task_id", "branch", "node")
    last = cursor_of([records[limit - 1][name] for name in names]) if len(records) > limit else None
    return model.ApprovalList(rows=rows, next_cursor=last)


@router.get("/tasks/{task}/approvals/{key}")
async def get_approval(here: Here, caller: Caller, task: Id, key: str) -> model.Approval:
    """What a durable task asks, or has asked last, under a key."""
    row = await durable_task(here, caller.tenant_id, str(task))
    steps = [step for step in await line_of(here, caller.tenant_id, row) if step.label == PREFIX + key]
    if not steps:
        raise not_found("key", f"the task has not asked for approval {key!r}")
    step = steps[-1]
    version = (await here.versions.get(caller.tenant_id, [row.version_id])).get(row.version_id)
    found = model.Approval(
        task_external_id=row.run_id,
        key=key,
        title=step.what,
        workflow_name=version.name if version else "",
        asked_at=model.moment(step.recorded_at),
        url="" if step.order else await _link(here, caller, row.run_id, key),
    )
    if step.order:
        _add_decision(found, step.settled_at, step.payload)
    return found


def _add_decision(found: model.Approval, settled_at: float, payload: str) -> None:
    """What a wait that is over has found; nothing if it has waited for long enough."""
    found.decided_at = model.moment(settled_at)
    message = _message(json.loads(payload) if payload else None)
    if message is not None:
        data = message["data"]
        found.approved, found.by = bool(data["approved"]), str(message["by"])
        found.comment, found.value = str(data.get("comment", "")), data.get("value")


def _message(data: Any) -> dict[str, Any] | None:
    """The signal among the data of a wait."""
    messages = data.get("message") if isinstance(data, dict) else None
    last = messages[-1] if isinstance(messages, list) and messages else messages
    return (
        last if isinstance(last, dict) and isinstance(last.get("data"), dict) and "approved" in last["data"] else None
    )


@router.post("/tasks/{task}/approvals/{key}")
async def decide(here: Here, caller: Caller, task: Id, key: str, body: model.Decision) -> model.Signal:
    """Says yes or no to what a durable task asks; `by` is the person who is logged in, if it is not given."""
    if not body.by.strip() and caller.person_id:
        body.by = caller.actor
    return model.Signal(id=await _decide(here, caller.tenant_id, str(task), key, body))


async def _decide(here: Context, tenant_id: str, task_id: str, key: str, body: model.Decision) -> str:
    if not body.by.strip():
        raise invalid("by", "is empty; expected who decides")
    data = {"approved": body.approved, "comment": body.comment}
    if body.value is not None:
        data["value"] = body.value
    row = await durable_task(here, tenant_id, task_id)
    if not any(_asks(step, key) for step in await line_of(here, tenant_id, row)):
        raise Refused(Code.FAILED_PRECONDITION, f"key: the task does not wait for approval {key!r}", "key")
    return await send(here, tenant_id, task_id, f"approval/{key}", data, body.by)


def _asks(step: StepRow, key: str) -> bool:
    return step.kind == StepKind.WAIT and step.order == 0 and step.label == PREFIX + key


async def _link(here: Context, caller: Principal, task_id: str, key: str) -> str:
    """The link with which one may decide, for those who may."""
    if caller.role < Role.MEMBER:
        return ""
    return f"/approve/{await here.seals.make(caller.tenant_id, task_id, key)}"


@page_router.get("/approve/{seal}")
async def approval_page(here: Here, seal: str) -> HTMLResponse:
    """A page with a question and two buttons."""
    tenant_id, task_id, key = await here.seals.read(seal)
    row = await durable_task(here, tenant_id, task_id)
    step = next((each for each in await line_of(here, tenant_id, row) if _asks(each, key)), None)
    details = f'<p><a href="/approvals/{task_id}/{quote(key, safe="")}">See it in the dashboard</a></p>'
    if step is None:
        return HTMLResponse(_page("This has been decided, or is no longer asked.", details))
    return HTMLResponse(_page(step.what, _FORM + details))


@page_router.post("/approve/{seal}")
async def approve_by_link(here: Here, seal: str, request: Request) -> HTMLResponse:
    """The answer of the page."""
    tenant_id, task_id, key = await here.seals.read(seal)
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    if form.get("decision") not in ("approve", "reject"):
        raise invalid("decision", "expected approve or reject")
    body = model.Decision(
        approved=form["decision"] == "approve", by=form.get("by", ""), comment=form.get("comment", "")
    )
    await _decide(here, tenant_id, task_id, key, body)
    return HTMLResponse(_page(f"Thank you, {body.by}: {'approved' if body.approved else 'rejected'}."))


_FORM = """<form method="post"><p><label>Your name <input name="by" required maxlength="200"></label></p>
<p><label>Comment <input name="comment" maxlength="2000"></label></p>
<p><button name="decision" value="approve">Approve</button> <button name="decision" value="reject">Reject</button></p>
</form>"""


def _page(text: str, form: str = "") -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Approval</title>'
        '<meta name="viewport" content="width=device-width">'
        "<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui;margin:3rem auto;max-width:32rem;"
        "padding:0 1rem}button{font:inherit;padding:.4rem 1rem}input{font:inherit;width:100%;box-sizing:border-box}"
        "</style>"
        f"<h1>Approval</h1><p>{html.escape(text)}</p>{form}</html>"
    )
