"""Speaking to running durable tasks: signals, updates that are answered, published values. (`approval` asks people.)

A signal is a stored event of a key of its own, which the task waits for (and finds, if it came before the wait). An
answer, and a published value, is a memo of the task's history. So all of them survive whatever the task survives.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from fastapi import APIRouter

from ...core.command import EventItem, PushEvents, RunRow, StepRow
from ...core.error import Code, Refused, invalid
from ...core.history import branch_at
from ...core.status import FINAL
from ...core.submission import check_event
from ...core.subscription import SIGNAL_PREFIX
from . import model
from .context import Caller, Context, Here, Id
from .error import not_found
from .once import is_again, new_id
from .route import Route
from .run import rows_of

router = APIRouter(prefix="/api/v1/stable", tags=["signals"], route_class=Route)

MAX_NAME = 200
MAX_SECONDS = 300.0
LOOK_EVERY = 0.05


async def durable_task(here: Context, tenant_id: str, task_id: str) -> RunRow:
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


async def send(here: Context, tenant_id: str, task_id: str, name: str, data: Any, by: str) -> str:
    """Sends a message to a task that has not ended; returns its id."""
    if not name or len(name) > MAX_NAME:
        raise invalid("name", f"expected 1 to {MAX_NAME} characters")
    row = await durable_task(here, tenant_id, task_id)
    if row.status in FINAL:
        raise Refused(Code.FAILED_PRECONDITION, f"task: {task_id} has ended", "task")
    message_id = new_id()
    payload = json.dumps({"id": message_id, "data": data, "by": by, "at": time.time()})
    event = EventItem(message_id, f"{SIGNAL_PREFIX}{task_id}/{name}", payload, scope=task_id)
    ids = await here.engine.call(tenant_id, PushEvents([check_event(event, here.max_payload_bytes)], is_again()))
    return str(ids[0])


async def line_of(here: Context, tenant_id: str, row: RunRow) -> list[StepRow]:
    """The steps of the newest branch's line, in order."""
    branches = row.extra.branches if row.extra is not None else ()
    steps = await here.store.loader.steps(tenant_id, row.run_id)
    return [step for step in steps if step.branch == branch_at(branches, step.node)]


@router.post("/tasks/{task}/signals")
async def signal(here: Here, caller: Caller, task: Id, body: model.SignalRequest) -> model.Signal:
    """Sends a signal to a running durable task."""
    return model.Signal(id=await send(here, caller.tenant_id, str(task), body.name, body.data, body.by))


@router.post("/tasks/{task}/updates")
async def update(here: Here, caller: Caller, task: Id, body: model.UpdateRequest) -> model.Reply:
    """Sends an update to a running durable task, and waits for its answer."""
    tenant_id = caller.tenant_id
    if not 0 < body.timeout <= MAX_SECONDS:
        raise invalid("timeout", f"{body.timeout:g} is out of range; expected up to {MAX_SECONDS:g} seconds")
    message_id = await send(here, tenant_id, str(task), f"update/{body.name}", body.data, body.by)
    deadline = time.monotonic() + body.timeout
    while time.monotonic() < deadline:
        row = await durable_task(here, tenant_id, str(task))
        for step in await here.store.loader.steps(tenant_id, row.run_id):
            if step.fingerprint == f"reply/{message_id}" and step.order:
                return model.Reply(id=message_id, data=json.loads(step.payload))
        if row.status in FINAL:
            raise Refused(Code.FAILED_PRECONDITION, f"task: {task} has ended without an answer", "task")
        await asyncio.sleep(LOOK_EVERY)
    raise Refused(Code.UNAVAILABLE, f"timeout: no answer within {body.timeout:g} s; it may come later", "timeout")


@router.get("/tasks/{task}/published/{name:path}")
async def query(here: Here, caller: Caller, task: Id, name: str) -> model.Published:
    """The last value that a durable task has published under a name."""
    row = await durable_task(here, caller.tenant_id, str(task))
    found = [step for step in await line_of(here, caller.tenant_id, row) if step.fingerprint == f"state/{name}"]
    if not found:
        raise not_found("name", f"the task has published nothing as {name!r}")
    return model.Published(name=name, data=json.loads(found[-1].payload), at=model.moment(found[-1].recorded_at))
