"""Pausing runs and single queues, and letting them go on. (Workflows and workers: see their own routes.)"""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter

from ...core.command import PauseWorkflow
from ...core.definition import WorkflowDefinition
from ...core.steer import CountWaiting, PauseRuns, Waiting
from ..selection import MAX_CANCELLED
from . import model
from .context import Caller, Context, Here, Id
from .error import not_found
from .task import change
from .version import version_of

router = APIRouter(prefix="/api/v1")


@router.post("/stable/tenants/{tenant}/tasks/pause", tags=["tasks"])
async def pause_runs(here: Here, caller: Caller, tenant: Id, body: model.ChangeBody) -> model.ChangedIds:
    """Pauses unfinished runs: what runs of them goes on, what is queued waits. Replies ids of those it changed."""
    make = partial(PauseRuns, paused=True)
    return await change(here, caller.tenant_id, _unfinished(body), make, MAX_CANCELLED)


@router.post("/stable/tenants/{tenant}/tasks/resume", tags=["tasks"])
async def resume_runs(here: Here, caller: Caller, tenant: Id, body: model.ChangeBody) -> model.ChangedIds:
    """Lets paused runs go on: what is queued comes back to its place."""
    make = partial(PauseRuns, paused=False)
    return await change(here, caller.tenant_id, _unfinished(body), make, MAX_CANCELLED)


def _unfinished(body: model.ChangeBody) -> model.ChangeBody:
    """A filter by no status means those that have not ended."""
    if body.filter is not None and not body.filter.statuses:
        body.filter.statuses = ["QUEUED", "RUNNING"]
    return body


@router.get("/workflows/{workflow}/queues", tags=["workflows"])
async def list_queues(here: Here, caller: Caller, workflow: Id) -> model.QueueList:
    """The queues of a workflow: one for each task of its newest version."""
    definition = await _newest(here, caller.tenant_id, workflow)
    paused = {record["task_name"] for record in await here.store.read("queue_pauses", caller.tenant_id, str(workflow))}
    queued: dict[str, int] = {}
    found: list[Waiting] = await here.engine.call(caller.tenant_id, CountWaiting())
    for each in found:
        if each.workflow_id == str(workflow):
            queued[each.task_name] = queued.get(each.task_name, 0) + each.count
    tasks = [*definition.tasks, *([definition.on_failure] if definition.on_failure is not None else [])]
    rows = [
        model.Queue(
            task_name=task.name,
            action=task.action,
            is_paused=task.name in paused,
            queued=queued.get(task.name, 0),
        )
        for task in tasks
    ]
    return model.QueueList(rows=rows)


@router.patch("/workflows/{workflow}/queues/{task}", tags=["workflows"])
async def change_queue(here: Here, caller: Caller, workflow: Id, task: str, body: model.QueueChange) -> model.QueueList:
    """Pauses the queue of one task, or lets it go on: what runs may end, what is queued waits in its order."""
    await here.engine.call(caller.tenant_id, PauseWorkflow(str(workflow), body.is_paused, task_name=task))
    return await list_queues(here, caller, workflow)


async def _newest(here: Context, tenant_id: str, workflow: Id) -> WorkflowDefinition:
    records = await here.store.read("versions", tenant_id, str(workflow))
    if not records:
        raise not_found("workflow", f"no workflow {workflow}")
    return version_of(records[0]).definition
