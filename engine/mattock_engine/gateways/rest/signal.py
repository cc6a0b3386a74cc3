"""Speaking to running durable tasks: signals, updates that are answered, published values, approvals.

A signal is a stored event of a key of its own, which the task waits for (and finds, if it came before the wait). An
answer, and a published value, is a memo of the task's history. So all of them survive whatever the task survives.
"""

from __future__ import annotations

import asyncio
import html
import json
import time
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from ...core.command import EventItem, PushEvents, RunRow, StepRow
from ...core.error import Code, Refused, invalid
from ...core.history import branch_at
from ...core.status import FINAL, StepKind
from ...core.submission import check_event
from ...core.subscription import SIGNAL_PREFIX
from . import model
from .context import Caller, Context, Here, Id
from .error import not_found
from .once import new_id
from .route import Route
from .run import rows_of

router = APIRouter(prefix="/api/v1/stable", tags=["signals"], route_class=Route)
# The page behind an approval's link: who has the link may decide.
page_router = APIRouter(include_in_schema=False)

MAX_NAME = 200
MAX_SECONDS = 300.0
LOOK_EVERY = 0.05


async def _task(here: Context, tenant_id: str, task_id: str) -> RunRow:
    """A durable task. Raises NOT_FOUND, and INVALID_ARGUMENT for another kind."""
    root, tasks = await rows_of(here, tenant_id, task_id)
    row = next((each for each in tasks if each.run_id == task_id), None)
    if row is None:
        raise not_found("task", f"no task {task_id}")
    version = (await here.versions.get(tenant_id, [root.version_id])).get(root.version_id)
    task = version.task(row.task_name) if version is not None else None
    if task is not None and not task.durable:
        raise invalid("task", f"{task_id} is not a durable task")
    return row


async def _send(here: Context, tenant_id: str, task_id: str, name: str, data: Any, by: str) -> str:
    """Sends a message to a task that has not ended; returns its id."""
    if not name or len(name) > MAX_NAME:
        raise invalid("name", f"expected 1 to {MAX_NAME} characters")
    row = await _task(here, tenant_id, task_id)
    if row.status in FINAL:
        raise Refused(Code.FAILED_PRECONDITION, f"task: {task_id} has ended", "task")
    message_id = new_id()
    payload = json.dumps({"id": message_id, "data": data, "by": by, "at": time.time()})
    event = EventItem(message_id, f"{SIGNAL_PREFIX}{task_id}/{name}", payload, scope=task_id)
    await here.engine.call(tenant_id, PushEvents([check_event(event, here.max_payload_bytes)]))
    return message_id


async def _line(here: Context, tenant_id: str, row: RunRow) -> list[StepRow]:
    """The steps of the newest branch's line, in order."""
    branches = row.extra.branches if row.extra is not None else ()
    steps = await here.store.steps(tenant_id, row.run_id)
    return [step for step in steps if step.branch == branch_at(branches, step.node)]


@router.post("/tasks/{task}/signals")
async def signal(here: Here, caller: Caller, task: Id, body: model.SignalRequest) -> model.Signal:
    """Sends a signal to a running durable task."""
    return model.Signal(id=await _send(here, caller.tenant_id, str(task), body.name, body.data, body.by))


@router.post("/tasks/{task}/updates")
async def update(here: Here, caller: Caller, task: Id, body: model.UpdateRequest) -> model.Reply:
    """Sends an update to a running durable task, and waits for its answer."""
    tenant_id = caller.tenant_id
    if not 0 < body.timeout <= MAX_SECONDS:
        raise invalid("timeout", f"{body.timeout:g} is out of range; expected up to {MAX_SECONDS:g} seconds")
    message_id = await _send(here, tenant_id, str(task), f"update/{body.name}", body.data, body.by)
    deadline = time.monotonic() + body.timeout
    while time.monotonic() < deadline:
        row = await _task(here, tenant_id, str(task))
        for step in await here.store.steps(tenant_id, row.run_id):
            if step.fingerprint == f"reply/{message_id}" and step.order:
                return model.Reply(id=message_id, data=json.loads(step.payload))
        if row.status in FINAL:
            raise Refused(Code.FAILED_PRECONDITION, f"task: {task} has ended without an answer", "task")
        await asyncio.sleep(LOOK_EVERY)
    raise Refused(Code.UNAVAILABLE, f"timeout: no answer within {body.timeout:g} s; it may come later", "timeout")


@router.get("/tasks/{task}/published/{name:path}")
async def query(here: Here, caller: Caller, task: Id, name: str) -> model.Published:
    """The last value that a durable task has published under a name."""
    row = await _task(here, caller.tenant_id, str(task))
    found = [step for step in await _line(here, caller.tenant_id, row) if step.fingerprint == f"state/{name}"]
    if not found:
        raise not_found("name", f"the task has published nothing as {name!r}")
    return model.Published(name=name, data=json.loads(found[-1].payload), at=model.moment(found[-1].recorded_at))


# ---- approvals ----


@router.get("/tenants/{tenant}/approvals")
async def list_approvals(
    here: Here, caller: Caller, tenant: Id, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> model.ApprovalList:
    """What waits for a person's decision, the oldest first."""
    records = await here.store.read("approvals", caller.tenant_id, limit)
    rows = [
        model.Approval(
            task_external_id=record["task_id"],
            key=record["label"].removeprefix("approval:"),
            title=record["what"],
            workflow_name=record["workflow"],
            asked_at=model.moment(record["recorded_at"]),
            url=await _link(here, caller.tenant_id, record["task_id"], record["label"].removeprefix("approval:")),
        )
        for record in records
    ]
    return model.ApprovalList(rows=rows)


@router.post("/tasks/{task}/approvals/{key}")
async def decide(here: Here, caller: Caller, task: Id, key: str, body: model.Decision) -> model.Signal:
    """Says yes or no to what a durable task asks."""
    return model.Signal(id=await _decide(here, caller.tenant_id, str(task), key, body))


async def _decide(here: Context, tenant_id: str, task_id: str, key: str, body: model.Decision) -> str:
    if not body.by.strip():
        raise invalid("by", "is empty; expected who decides")
    data = {"approved": body.approved, "comment": body.comment}
    row = await _task(here, tenant_id, task_id)
    if not any(_asks(step, key) for step in await _line(here, tenant_id, row)):
        raise Refused(Code.FAILED_PRECONDITION, f"key: the task does not wait for approval {key!r}", "key")
    return await _send(here, tenant_id, task_id, f"approval/{key}", data, body.by)


def _asks(step: StepRow, key: str) -> bool:
    return step.kind == StepKind.WAIT and step.order == 0 and step.label == f"approval:{key}"


async def _link(here: Context, tenant_id: str, task_id: str, key: str) -> str:
    seal = await here.seals.make(tenant_id, task_id, key)
    return f"/approve/{seal}"


@page_router.get("/approve/{seal}")
async def approval_page(here: Here, seal: str) -> HTMLResponse:
    """A page with a question and two buttons."""
    tenant_id, task_id, key = await here.seals.read(seal)
    row = await _task(here, tenant_id, task_id)
    step = next((each for each in await _line(here, tenant_id, row) if _asks(each, key)), None)
    if step is None:
        return HTMLResponse(_page("This has been decided, or is no longer asked."))
    return HTMLResponse(_page(step.what, _FORM))


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
        "<style>body{font:16px/1.5 system-ui;margin:3rem auto;max-width:32rem;padding:0 1rem}"
        "button{font:inherit;padding:.4rem 1rem}input{font:inherit;width:100%}</style>"
        f"<h1>Approval</h1><p>{html.escape(text)}</p>{form}</html>"
    )
