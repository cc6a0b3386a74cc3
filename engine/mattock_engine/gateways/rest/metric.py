"""Figures for Prometheus: of all tenants at `/metrics`, of one at its own path.

What waits and runs is counted in the store when it is asked for; what has happened is counted by the engine's
processes, each for itself, and added up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from ...core.error import Code, Refused
from ...core.status import Status
from ...core.worker import LOST_AFTER
from ...telemetry import collected, workflow_label
from . import model
from .context import Caller, Context, Here, Id, authorize
from .error import not_found

router = APIRouter()
MAX_POINTS = 60
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@router.get("/metrics", include_in_schema=False)
async def all_metrics(here: Here, request: Request) -> Response:
    """Figures of all tenants; for callers on this machine, or with a token."""
    if request.client is None or request.client.host not in _LOOPBACK:
        await authorize(request)
    return await _answer(here, None)


@router.get("/api/v1/tenants/{tenant}/prometheus-metrics", tags=["metrics"], response_class=PlainTextResponse)
async def tenant_metrics(here: Here, caller: Caller, tenant: Id) -> Response:
    """Figures of a tenant, as Prometheus reads them."""
    return await _answer(here, caller.tenant_id)


async def _answer(here: Context, tenant_id: str | None) -> Response:
    registry = CollectorRegistry()
    registry.register(_Families([*await _gauges(here, tenant_id), *collected(tenant_id)]))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Families:
    def __init__(self, families: Iterable[Any]) -> None:
        self._families = list(families)

    def collect(self) -> list[Any]:
        """What was read."""
        return self._families


async def _gauges(here: Context, tenant_id: str | None) -> list[GaugeMetricFamily]:
    tasks = GaugeMetricFamily(
        "mattock_tasks", "Tasks that wait or run, by workflow.", labels=("tenant", "workflow", "state")
    )
    ages = GaugeMetricFamily(
        "mattock_queue_age_seconds", "For how long the first waiting task waits.", labels=("tenant", "workflow")
    )
    for row in _bounded(await here.store.read("metric_tasks", tenant_id)):
        state = "running" if row["status"] == Status.RUNNING else "queued"
        if state == "queued" and row["age"] is not None:
            ages.add_metric((row["tenant_id"], row["workflow"]), row["age"])
        tasks.add_metric((row["tenant_id"], row["workflow"], state), row["count"])
    workers = GaugeMetricFamily("mattock_workers", "Connected workers.", labels=("tenant",))
    slots = GaugeMetricFamily("mattock_worker_slots", "Their slots.", labels=("tenant", "kind"))
    for record in await here.store.read("metric_workers", tenant_id, LOST_AFTER):
        workers.add_metric((record["tenant_id"],), record["count"])
    for record in await here.store.read("metric_slots", tenant_id, LOST_AFTER):
        slots.add_metric((record["tenant_id"], record["kind"]), float(record["slots"]))
    used = GaugeMetricFamily("mattock_worker_slots_used", "Slots that tasks take.", labels=("tenant", "kind"))
    for (tenant, kind), units in (await _used(here, tenant_id)).items():
        used.add_metric((tenant, kind), units)
    return [tasks, ages, workers, slots, used, *await _cluster(here, tenant_id)]


def _bounded(records: list[Any]) -> list[dict[str, Any]]:
    """Workflows that have figures of their own; the smaller ones of a tenant with very many are counted together."""
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    for record in sorted(records, key=lambda each: -each["count"]):
        workflow = workflow_label(record["tenant_id"], record["workflow"])
        row = found.setdefault(
            (record["tenant_id"], workflow, record["status"]),
            {**record, "workflow": workflow, "count": 0.0, "age": None},
        )
        row["count"] += record["count"]
        if record["age"] is not None:
            row["age"] = max(row["age"] or 0.0, record["age"])
    return list(found.values())


async def _used(here: Context, tenant_id: str | None) -> dict[tuple[str, str], float]:
    records = await here.store.observe("used_slots", tenant_id)
    used: dict[tuple[str, str], float] = {}
    for tenant in {record["tenant_id"] for record in records}:
        mine = [record for record in records if record["tenant_id"] == tenant]
        versions = await here.versions.get(tenant, (record["version_id"] for record in mine))
        for record in mine:
            version = versions.get(record["version_id"])
            task = version.task(record["task_name"]) if version else None
            for kind, units in task.slots if task else ():
                used[(tenant, kind)] = used.get((tenant, kind), 0.0) + units * record["count"]
    return used


async def _cluster(here: Context, tenant_id: str | None) -> list[GaugeMetricFamily]:
    held = GaugeMetricFamily("mattock_lease_held", "1 while a replica decides for the tenant.", labels=("tenant",))
    epochs = GaugeMetricFamily("mattock_lease_epoch", "How often it has changed its owner.", labels=("tenant",))
    for record in await here.store.observe("lease_figures", tenant_id):
        held.add_metric((record["tenant_id"],), float(record["held"]))
        epochs.add_metric((record["tenant_id"],), record["epoch"])
    if tenant_id is not None:
        return [held, epochs]
    replicas = GaugeMetricFamily("mattock_replicas", "Engine processes that live.")
    for record in await here.store.observe("replica_figures"):
        replicas.add_metric((), record["count"])
    return [held, epochs, replicas]


@router.get("/api/v1/stable/tenants/{tenant}/task-point-metrics", tags=["metrics"])
async def task_points(
    here: Here,
    caller: Caller,
    tenant: Id,
    created_after: Annotated[model.Moment | None, Query(alias="createdAfter")] = None,
    finished_before: Annotated[model.Moment | None, Query(alias="finishedBefore")] = None,
    workflow_ids: Annotated[list[UUID] | None, Query()] = None,
) -> model.Points:
    """How many tasks have ended, in up to 60 slices of a time, and how long they waited and ran (seconds)."""
    until = finished_before or datetime.now(UTC)
    since = created_after or until - timedelta(hours=1)
    length = max(1.0, (until - since).total_seconds() / MAX_POINTS)
    workflows = [str(each) for each in workflow_ids] if workflow_ids else None
    records = await here.store.read("task_points", caller.tenant_id, since, until, length, workflows)
    return model.Points(
        seconds=length,
        results=[
            model.Point(
                time=model.moment(record["at"]),
                SUCCEEDED=record["succeeded"],
                FAILED=record["failed"],
                CANCELLED=record["cancelled"],
                waited=list(record["waited"] or ()),
                ran=list(record["ran"] or ()),
            )
            for record in records
        ],
    )


@router.get("/api/v1/workflows/{workflow}/metrics", tags=["workflows"])
async def workflow_metrics(here: Here, caller: Caller, workflow: Id, status: str | None = None) -> dict[str, int]:
    """How many runs of a workflow wait or run, and how many concurrency keys they have."""
    statuses = None
    if status is not None:
        known = {"QUEUED": [0, 4, 5, 6, 7], "PENDING": [0, 4, 5, 6, 7], "RUNNING": [1]}
        if status.upper() not in known:
            raise Refused(Code.INVALID_ARGUMENT, f"status: {status!r} is unknown; expected QUEUED or RUNNING", "status")
        statuses = known[status.upper()]
    if not await here.store.read("versions", caller.tenant_id, str(workflow)):
        raise not_found("workflow", f"no workflow {workflow}")
    record = (await here.store.read("metric_workflow", caller.tenant_id, str(workflow), statuses))[0]
    return {"groupKeyRunsCount": record["runs"], "groupKeyCount": record["keys"]}
