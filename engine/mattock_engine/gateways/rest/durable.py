"""Durable tasks: their histories, forks, and the return of evicted ones."""

from __future__ import annotations

import json

from fastapi import APIRouter

from ...core.command import StepRow
from ...core.error import invalid
from ...core.history import branch_at
from ...core.status import StepKind
from ...core.step import ForkTask, RestoreTask
from ...core.submission import check_payload, is_uuid
from . import model, view
from .context import Caller, Here, Id
from .error import not_found
from .route import Route
from .run import rows_of

router = APIRouter(prefix="/api/v1/stable", tags=["durable tasks"], route_class=Route)
_KINDS: dict[int, model.StepKind] = {StepKind.RUN: "RUN", StepKind.WAIT: "WAIT_FOR", StepKind.MEMO: "MEMO"}


@router.get("/tenants/{tenant}/durable-tasks/{task}")
async def get_history(here: Here, caller: Caller, tenant: Id, task: Id) -> list[model.RecordedStep]:
    """What a durable task has recorded, on all its branches, in the order of its steps."""
    root, tasks = await rows_of(here, caller.tenant_id, str(task))
    row = next((each for each in tasks if each.run_id == str(task)), None)
    if row is None:
        raise not_found("task", f"no task {task}")
    version = (await here.versions.get(caller.tenant_id, [root.version_id])).get(root.version_id)
    name = view.display_name(row, version)
    branches = row.extra.branches if row.extra is not None else ()
    steps = await here.store.loader.steps(caller.tenant_id, row.run_id)
    return [_step(step, name, step.branch == branch_at(branches, step.node)) for step in steps]


def _step(row: StepRow, display_name: str, current: bool) -> model.RecordedStep:
    return model.RecordedStep(
        task_external_id=row.task_id,
        task_display_name=display_name,
        branch_id=row.branch,
        node_id=row.node,
        kind=_KINDS[row.kind],
        is_satisfied=row.order > 0,
        satisfied_at=model.moment_or_none(row.settled_at),
        inserted_at=model.moment(row.recorded_at),
        user_message=row.label or None,
        wait_data={"description": row.what, "conditions": len(row.conditions)} if row.kind == StepKind.WAIT else None,
        description=row.what,
        is_current=current,
        child_run_external_id=row.child_id or None,
        is_failure=row.failed,
        payload=_payload(row),
    )


def _payload(row: StepRow) -> model.Object | None:
    if not row.order:
        return None
    if row.failed:
        return {"error": row.payload}
    try:
        value = json.loads(row.payload) if row.payload else {}
    except ValueError:
        value = row.payload
    return value if isinstance(value, dict) else {"value": value}


@router.post("/tenants/{tenant}/durable-tasks/branch")
async def fork(here: Here, caller: Caller, tenant: Id, body: model.ForkRequest) -> model.Fork:
    """Runs a durable task again from a step on; what is recorded before it is kept."""
    task_id = body.task_external_id.lower()
    if not is_uuid(task_id):
        raise invalid("taskExternalId", f"{task_id[:60]!r} is no UUID")
    text = json.dumps(body.input) if body.input is not None else ""
    if text:
        check_payload("input", text, here.max_payload_bytes)
    result = json.dumps(body.result) if body.result is not None else None
    command = ForkTask(task_id, body.node_id, body.branch_id or 0, text, result)
    node, branch = await here.engine.call(caller.tenant_id, command)
    return model.Fork(task_external_id=task_id, node_id=node, branch_id=branch)


@router.post("/tasks/{task}/restore")
async def restore(here: Here, caller: Caller, task: Id) -> model.Restored:
    """Brings an evicted durable task back to a worker before its wait is over."""
    requeued = await here.engine.call(caller.tenant_id, RestoreTask(str(task)))
    return model.Restored(requeued=requeued)
