"""Figures for Prometheus: however many workflows and figures of its own a tenant has, its series are bounded."""

from __future__ import annotations

from collections import Counter

from mattock_engine import telemetry
from mattock_engine.core.definition import TaskDefinition, WorkflowDefinition
from mattock_engine.core.record import Records
from mattock_engine.core.row import RunRow, WorkflowRow
from mattock_engine.core.run import Version
from mattock_engine.core.status import Kind, Status
from mattock_engine.identity import new_id

MANY = 3 * max(telemetry.MAX_WORKFLOWS, telemetry.MAX_CUSTOM)


def workflow(number: int) -> Version:
    definition = WorkflowDefinition(f"w{number}", (TaskDefinition(f"w{number}", f"w{number}:w{number}"),))
    row = WorkflowRow(workflow_id=f"w{number}", version_id=f"v{number}", order=1, definition=definition, latest=True)
    return Version(row)


def test_the_series_of_a_tenant_are_bounded() -> None:
    tenant_id = new_id()
    versions = {f"v{number}": workflow(number) for number in range(MANY)}
    records = Records()
    for number, version in enumerate(versions.values()):
        records.finished[f"r{number}"] = RunRow(
            run_id=f"r{number}",
            kind=Kind.STANDALONE,
            workflow_id=version.workflow_id,
            version_id=version.version_id,
            status=Status.COMPLETED,
            queued_at=1,
            assigned_at=2,
            finished_at=3,
        )
        telemetry.custom(tenant_id, version.name, f"figure{number}", 1, 1)
    telemetry.ended(tenant_id, records, versions)
    places: Counter[str] = Counter()
    values: Counter[str] = Counter()
    for family in telemetry.collected(tenant_id):
        for sample in family.samples:
            if not sample.name.endswith("_created"):
                place = sample.name + sample.labels.get("le", "")
                places[place] += 1
                values[place] += sample.value
    assert {name for name in places if places[name] > telemetry.MAX_WORKFLOWS + 1} == {
        "mattock_custom_metric_sum",
        "mattock_custom_metric_count_total",
    }
    assert places["mattock_runs_finished_total"] == telemetry.MAX_WORKFLOWS + 1
    assert places["mattock_custom_metric_sum"] == telemetry.MAX_CUSTOM + 1
    # What has no series of its own is counted all the same.
    assert values["mattock_runs_finished_total"] == MANY
    assert values["mattock_custom_metric_count_total"] == MANY
