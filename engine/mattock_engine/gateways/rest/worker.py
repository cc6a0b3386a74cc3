"""Workers: list, look at, pause."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query

from ...core.command import ChangeWorker
from ..selection import pairs_of
from . import model
from .context import Caller, Context, Here, Id
from .error import not_found
from .page import Cursor, Limit, Offset, page_after
from .route import Route
from .run import Strings

router = APIRouter(prefix="/api/v1", tags=["workers"], route_class=Route)
# Its last sign of life is stored every 5 seconds.
ACTIVE_WITHIN = 15.0


@router.get("/tenants/{tenant}/worker")
async def list_workers(
    here: Here,
    caller: Caller,
    tenant: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    statuses: Annotated[list[model.WorkerStatus] | None, Query()] = None,
    labels: Strings = None,
    cursor: Cursor = None,
) -> model.WorkerList:
    """Lists workers of the last day, the newest first."""
    pairs = pairs_of(labels)
    found = []
    records = await here.store.read("workers", caller.tenant_id)
    used = await _used_slots(here, caller.tenant_id)
    held = await _held(here, caller.tenant_id)
    for record in records:
        worker = _worker(record, used.get(record["worker_id"], {}), held)
        own = [(label.key, label.value) for label in worker.labels or ()]
        if (not statuses or worker.status in statuses) and all(pair in own for pair in pairs):
            found.append(worker)

    def key(worker: model.Worker) -> tuple[float, str]:
        return worker.metadata.created_at.timestamp(), worker.metadata.id

    rows, pagination = page_after(found, key, cursor, offset, limit, descending=True)
    return model.WorkerList(rows=rows, pagination=pagination)


@router.get("/workers/{worker}")
async def get_worker(here: Here, caller: Caller, worker: Id) -> model.Worker:
    """A worker."""
    records = await here.store.read("worker", caller.tenant_id, str(worker))
    if not records:
        raise not_found("worker", f"no worker {worker}")
    used = await _used_slots(here, caller.tenant_id)
    return _worker(records[0], used.get(str(worker), {}), await _held(here, caller.tenant_id))


@router.patch("/workers/{worker}")
async def change_worker(here: Here, caller: Caller, worker: Id, body: model.WorkerChange) -> model.Worker:
    """Pauses a worker (it gets nothing new), drains it (paused, and shown as drained once it holds nothing), or
    resumes it."""
    before = await get_worker(here, caller, worker)
    if (body.is_paused is None and body.drain is None) or before.status == "INACTIVE":
        return before
    command = ChangeWorker(str(worker), paused=body.is_paused, draining=body.drain)
    await here.engine.call(caller.tenant_id, command)
    return await get_worker(here, caller, worker)


async def _used_slots(here: Context, tenant_id: str) -> dict[str, dict[str, int]]:
    """Slots that running tasks take, by worker and kind."""
    records = await here.store.read("running_tasks", tenant_id)
    versions = await here.versions.get(tenant_id, (record["version_id"] for record in records))
    used: dict[str, dict[str, int]] = {}
    for record in records:
        version = versions.get(record["version_id"])
        task = version.task(record["task_name"]) if version else None
        kinds = used.setdefault(record["worker_id"], {})
        for kind, units in task.slots if task else ():
            kinds[kind] = kinds.get(kind, 0) + units * record["count"]
    return used


async def _held(here: Context, tenant_id: str) -> dict[str, int]:
    """How many tasks each worker holds, with those that have released their slots."""
    records = await here.store.read("held_by_workers", tenant_id)
    return {record["worker_id"]: record["count"] for record in records}


def _drain(record: Any, held: int) -> Literal["DRAINING", "DRAINED"] | None:
    if not record["draining"]:
        return None
    return "DRAINING" if held else "DRAINED"


def _status(record: Any) -> model.WorkerStatus:
    if record["removed"] or record["seen_at"] < time.time() - ACTIVE_WITHIN:
        return "INACTIVE"
    return "PAUSED" if record["paused"] else "ACTIVE"


def _worker(record: Any, used: Mapping[str, int], held: Mapping[str, int]) -> model.Worker:
    metadata = model.Metadata(
        id=record["worker_id"],
        created_at=model.moment(record["created_at"]),
        updated_at=model.moment(record["seen_at"]),
    )
    slots: dict[str, int] = msgspec.json.decode(record["slots"])
    labels: dict[str, Any] = msgspec.json.decode(record["labels"])
    runtime: dict[str, str] = msgspec.json.decode(record["runtime"])
    return model.Worker(
        metadata=metadata,
        name=record["name"],
        status=_status(record),
        drain=_drain(record, held.get(record["worker_id"], 0)),
        last_heartbeat_at=model.moment(record["seen_at"]),
        actions=list(record["actions"]),
        slot_config={
            kind: model.SlotUse(limit=units, available=max(0, units - used.get(kind, 0)))
            for kind, units in slots.items()
        },
        labels=[model.WorkerLabel(metadata=metadata, key=key, value=str(value)) for key, value in labels.items()],
        runtime_info=model.RuntimeInfo(
            sdk_version=runtime.get("sdk_version"),
            language=_LANGUAGES.get(runtime.get("language", "").upper()),
            language_version=runtime.get("language_version"),
            os=runtime.get("os"),
            runtime_extra=runtime.get("extra"),
        ),
    )


_LANGUAGES = {"GO": "GOLANG", "PYTHON": "PYTHON", "TYPESCRIPT": "TYPESCRIPT", "RUBY": "RUBY"}
