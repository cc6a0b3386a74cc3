"""What this process has counted since it began, for Prometheus.

With several processes, each writes its figures to a file of a common folder (`PROMETHEUS_MULTIPROC_DIR`), and
whichever is asked adds them up.
"""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from .core.record import Records
from .core.run import Version
from .core.status import Kind, Status

# Workflows of a tenant that have figures of their own; the others are counted together.
MAX_WORKFLOWS = 200
OTHER = "other"
# Figures of their own that a tenant's workflows have; the others are counted together.
MAX_CUSTOM = 500
_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 600.0, 3600.0)

_registry = CollectorRegistry()
_finished = Counter(
    "mattock_runs_finished", "Runs that have ended, by how.", ("tenant", "workflow", "status"), registry=_registry
)
_waited = Histogram(
    "mattock_task_wait_seconds",
    "From when a task was queued to when a worker got it.",
    ("tenant", "workflow"),
    buckets=_SECONDS,
    registry=_registry,
)
_ran = Histogram(
    "mattock_task_run_seconds",
    "From when a worker got a task to its end.",
    ("tenant", "workflow"),
    buckets=_SECONDS,
    registry=_registry,
)
_commits = Histogram(
    "mattock_commit_seconds", "How long the engine's transactions take.", buckets=_SECONDS[:8], registry=_registry
)
_failures = Counter("mattock_commit_failures", "Transactions of the engine that failed.", registry=_registry)
_takeovers = Counter("mattock_lease_takeovers", "Tenants that a replica began to decide for.", registry=_registry)
# A sum can fall: values may be negative.
_custom_sum = Gauge(
    "mattock_custom_metric_sum",
    "Sum of the values that tasks gave to a figure of their own.",
    ("tenant", "workflow", "name"),
    registry=_registry,
    multiprocess_mode="sum",
)
_custom_count = Counter(
    "mattock_custom_metric_count",
    "How many values they gave.",
    ("tenant", "workflow", "name"),
    registry=_registry,
)
_names: dict[str, set[str]] = {}
_custom: dict[str, set[tuple[str, str]]] = {}


def committed(seconds: float) -> None:
    """A transaction has been committed."""
    _commits.observe(seconds)


def commit_failed() -> None:
    """A transaction has failed, for whatever reason."""
    _failures.inc()


def taken_over() -> None:
    """This replica has become the owner of a tenant."""
    _takeovers.inc()


def custom(tenant_id: str, workflow: str, name: str, total: float, count: int) -> None:
    """Tasks have given values to a figure of their own."""
    known = _custom.setdefault(tenant_id, set())
    place = (workflow_label(tenant_id, workflow), name)
    if place not in known and len(known) >= MAX_CUSTOM:
        place = (OTHER, OTHER)
    known.add(place)
    _custom_sum.labels(tenant_id, *place).inc(total)
    _custom_count.labels(tenant_id, *place).inc(count)


def ended(tenant_id: str, records: Records, versions: dict[str, Version]) -> None:
    """Runs and tasks have ended in a round."""
    if not (records.finished or records.born_final):
        return
    tally: Tally[tuple[str, int]] = Tally()
    for row in (*records.finished.values(), *records.born_final.values()):
        version = versions.get(row.version_id)
        name = version.name if version is not None else OTHER
        if row.kind != Kind.TASK:
            tally[(name, row.status)] += 1
        if row.kind != Kind.DAG and row.assigned_at and row.finished_at:
            waited, ran = _times(tenant_id, name)
            waited.observe(max(0.0, row.assigned_at - row.queued_at))
            ran.observe(max(0.0, row.finished_at - row.assigned_at))
    for (name, status), count in tally.items():
        _finished.labels(tenant_id, workflow_label(tenant_id, name), Status(status).name.lower()).inc(count)


@lru_cache(maxsize=4096)
def _times(tenant_id: str, workflow: str) -> tuple[Histogram, Histogram]:
    """A workflow's histograms: to look them up takes longer than to count."""
    name = workflow_label(tenant_id, workflow)
    return _waited.labels(tenant_id, name), _ran.labels(tenant_id, name)


def workflow_label(tenant_id: str, workflow: str) -> str:
    names = _names.setdefault(tenant_id, set())
    if workflow in names or len(names) < MAX_WORKFLOWS:
        names.add(workflow)
        return workflow
    return OTHER


def collected(tenant_id: str | None) -> Iterable[Any]:
    """The figures of all processes; those of a tenant alone, if one is given."""
    registry = _registry
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return [found for family in registry.collect() if (found := _of_tenant(family, tenant_id)) is not None]


def _of_tenant(family: Metric, tenant_id: str | None) -> Metric | None:
    if tenant_id is None:
        return family
    family.samples = [sample for sample in family.samples if sample.labels.get("tenant") == tenant_id]
    return family if family.samples else None
