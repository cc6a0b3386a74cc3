"""Workflows and their versions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from ...core.command import DropWorkflow, PauseWorkflow
from ...core.duration import parse_duration
from . import model, view
from .context import Caller, Here, Id
from .cursor import place_of
from .definition import config_of
from .error import not_found
from .page import Cursor, Limit, Offset, page_of, with_cursor
from .route import Route
from .version import Version, version_of

router = APIRouter(prefix="/api/v1", tags=["workflows"], route_class=Route)


@router.get("/tenants/{tenant}/workflows")
async def list_workflows(
    here: Here,
    caller: Caller,
    tenant: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    name: str | None = None,
    cursor: Cursor = None,
) -> model.WorkflowList:
    """Lists workflows by name; `name` is a part of it in any case."""
    after = place_of(cursor, str) if cursor else None
    offset = 0 if cursor else offset
    records = await here.store.read("workflows", caller.tenant_id, name or None, limit + 1, offset, after)
    rows, pagination = page_of([version_of(record) for record in records], offset, limit)
    with_cursor(pagination, rows[-1].name if rows else None)
    found = [await _shown(here, caller, [row]) for row in rows]
    return model.WorkflowList(rows=found, pagination=pagination)


@router.get("/workflows/{workflow}")
async def get_workflow(here: Here, caller: Caller, workflow: Id) -> model.Workflow:
    """A workflow with its versions."""
    return await _shown(here, caller, await _versions(here, caller, workflow), jobs=True)


@router.patch("/workflows/{workflow}")
async def change_workflow(here: Here, caller: Caller, workflow: Id, body: model.WorkflowChange) -> model.Workflow:
    """Pauses a workflow, or lets it go on: what runs may end, what is queued waits in its order."""
    if body.pause is not None:
        asked = body.pause
        ttl = asked.paused_workflow_queue_ttl
        command = PauseWorkflow(
            str(workflow),
            asked.action == "pause",
            asked.paused_workflow_cron_run_queue_behavior == "DROP",
            asked.paused_workflow_scheduled_run_queue_behavior == "DROP",
            parse_duration("pausedWorkflowQueueTTL", ttl) if ttl else 0.0,
        )
        await here.engine.call(caller.tenant_id, command)
    return await _shown(here, caller, await _versions(here, caller, workflow), jobs=True)


@router.delete("/workflows/{workflow}", status_code=204, response_class=Response)
async def drop_workflow(here: Here, caller: Caller, workflow: Id) -> None:
    """Takes a workflow away, with its crons; its runs stay, and go on. A worker that registers it brings it back."""
    await here.engine.call(caller.tenant_id, DropWorkflow(str(workflow)))


@router.get("/workflows/{workflow}/versions")
async def get_version(here: Here, caller: Caller, workflow: Id, version: Id | None = None) -> model.WorkflowVersion:
    """A version of a workflow, by default the newest."""
    versions = await _versions(here, caller, workflow)
    found = next((item for item in versions if version is None or item.version_id == str(version)), None)
    if found is None:
        raise not_found("version", f"no version {version} of this workflow")
    return _version(caller.tenant_id, found)


async def _versions(here: Here, caller: Caller, workflow: Id) -> list[Version]:
    records = await here.store.read("versions", caller.tenant_id, str(workflow))
    if not records:
        raise not_found("workflow", f"no workflow {workflow}")
    return [version_of(record) for record in records]


async def _shown(here: Here, caller: Caller, versions: list[Version], *, jobs: bool = False) -> model.Workflow:
    """A workflow, with its pause."""
    found = _workflow(caller.tenant_id, versions, jobs=jobs)
    records = await here.store.read("pause", caller.tenant_id, versions[0].workflow_id)
    if records and records[0]["paused"]:
        record = records[0]
        found.is_paused = True
        found.paused_workflow_cron_run_queue_behavior = "DROP" if record["drop_crons"] else "QUEUE"
        found.paused_workflow_scheduled_run_queue_behavior = "DROP" if record["drop_schedules"] else "QUEUE"
    return found


def _metadata(id_: str, created_at: float, updated_at: float | None = None) -> model.Metadata:
    return model.Metadata(
        id=id_, created_at=model.moment(created_at), updated_at=model.moment(updated_at or created_at)
    )


def _meta(version: Version) -> dict[str, Any]:
    return {
        "metadata": _metadata(version.version_id, version.created_at),
        "version": version.definition.version,
        "order": version.order,
        "workflow_id": version.workflow_id,
    }


def _workflow(tenant_id: str, versions: list[Version], *, jobs: bool = False) -> model.Workflow:
    """A workflow from its versions, the newest first."""
    newest, oldest = versions[0], versions[-1]
    return model.Workflow(
        metadata=_metadata(newest.workflow_id, oldest.created_at, newest.created_at),
        name=newest.name,
        tenant_id=tenant_id,
        description=newest.definition.description or None,
        is_paused=False,
        versions=[model.VersionMeta(**_meta(version)) for version in versions],
        jobs=[job_of(tenant_id, newest)] if jobs else None,
    )


def _version(tenant_id: str, version: Version) -> model.WorkflowVersion:
    definition = version.definition
    return model.WorkflowVersion(
        **_meta(version),
        default_priority=definition.default_priority,
        jobs=[job_of(tenant_id, version)],
        workflow_config=config_of(definition),
        input_json_schema=view.json_object(definition.input_schema) if definition.input_schema else None,
    )


def job_of(tenant_id: str, version: Version) -> model.Job:
    """The tasks of a version."""
    return model.Job(
        metadata=_metadata(version.version_id, version.created_at),
        tenant_id=tenant_id,
        version_id=version.version_id,
        name=version.name,
        steps=[step_of(tenant_id, version, task.name) for task in version.tasks],
    )


def step_of(tenant_id: str, version: Version, task_name: str) -> model.Step:
    """A task's definition."""
    task = version.task(task_name)
    assert task is not None
    return model.Step(
        metadata=_metadata(version.step_id(task_name), version.created_at),
        readable_id=task.name,
        tenant_id=tenant_id,
        job_id=version.version_id,
        action=task.action,
        timeout=task.execution_timeout_text,
        is_durable=task.durable,
        slot_requests=dict(task.slots),
        children=version.children(task_name),
        parents=list(task.parents),
    )
