"""A run in the shape of the older API: SDKs ask for it when a run's results are too large for their stream."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ...core.command import RunRow
from ...core.dispatch import SKIPPED_OUTPUT
from ..selection import READABLE
from . import view
from .context import Caller, Here, Id
from .run import rows_of
from .workflow import step_of

router = APIRouter(prefix="/api/v1", tags=["runs"])
_STATUS = {
    "QUEUED": "QUEUED",
    "RUNNING": "RUNNING",
    "COMPLETED": "SUCCEEDED",
    "FAILED": "FAILED",
    "CANCELLED": "CANCELLED",
}


@router.get("/tenants/{tenant}/workflow-runs/{run}/shape")
async def get_shape(here: Here, caller: Caller, tenant: Id, run: Id) -> dict[str, Any]:
    """A run with the outputs of its tasks as JSON text."""
    root, tasks = await rows_of(here, caller.tenant_id, str(run))
    version = (await here.versions.get(caller.tenant_id, [root.version_id])).get(root.version_id)

    def step_run(row: RunRow) -> dict[str, Any]:
        found: dict[str, Any] = {
            "metadata": view.metadata_of(row).model_dump(mode="json", by_alias=True),
            "tenantId": caller.tenant_id,
            "jobRunId": root.run_id,
            "stepId": version.step_id(row.task_name) if version else view.NIL,
            "status": _STATUS[READABLE[row.status]],
        }
        if version is not None:
            step = step_of(caller.tenant_id, version, row.task_name)
            found["step"] = step.model_dump(mode="json", by_alias=True)
        if row.output or row.skipped:
            found["output"] = SKIPPED_OUTPUT if row.skipped else row.output
        if row.error:
            found["error"] = row.error
        return found

    metadata = view.metadata_of(root).model_dump(mode="json", by_alias=True)
    job_run = {
        "metadata": metadata,
        "tenantId": caller.tenant_id,
        "workflowRunId": root.run_id,
        "jobId": root.version_id,
        "status": _STATUS[READABLE[root.status]],
        "stepRuns": [step_run(task) for task in tasks],
    }
    return {
        "metadata": metadata,
        "tenantId": caller.tenant_id,
        "workflowVersionId": root.version_id,
        "status": _STATUS[READABLE[root.status]],
        "displayName": view.display_name(root, version),
        "triggeredBy": {"metadata": metadata, "parentWorkflowRunId": root.parent_run_id or None},
        "jobRuns": [job_run],
    }
