"""Workers in memory."""

from __future__ import annotations

import pytest
from mattock_engine.core import command as c
from mattock_engine.core.definition import TaskDefinition, WorkflowDefinition
from mattock_engine.core.message import attempts_of
from mattock_engine.core.round import Round
from mattock_engine.core.tenant import Tenant
from mattock_engine.core.worker import SEEN_EVERY

SESSION = "s/1"


@pytest.mark.parametrize("busy", [True, False], ids=["by its reports alone", "by heartbeats"])
def test_it_is_stored_that_a_worker_lives(busy: bool) -> None:
    """A worker whose reports come often enough sends no heartbeats: it must not look as if it had gone."""
    tenant, now = Tenant("t"), 1_700_000_000.0

    def apply(command: c.Command) -> Round:
        round_ = Round()
        tenant.apply(command, now, round_)
        tenant.dispatch(now, round_)
        return round_

    apply(c.PutWorkflow(WorkflowDefinition("w", (TaskDefinition("w", "w:w"),)), "workflow", "version"))
    apply(c.RegisterWorker("worker", "w", ["w:w"], {"default": 1}))
    stored = apply(c.AttachWorker("worker", SESSION)).records.worker_seen["worker"]
    for number in range(30):
        now += 1.0
        round_ = apply(c.Trigger([c.TriggerItem(f"run{number}", "w", "{}")]))
        if busy:
            sent = [each for message in round_.messages[SESSION] for each in attempts_of(message)]
            reports = [c.TaskReport(each.task_id, c.REPORT_COMPLETED, attempt=each.attempt) for each in sent]
            round_ = apply(c.ReportTasks(reports))
        else:
            round_ = apply(c.Heartbeat("worker"))
        stored = round_.records.worker_seen.get("worker", stored)
        assert now - stored < SEEN_EVERY
