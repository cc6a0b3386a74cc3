"""What a take-over loads."""

from __future__ import annotations

import msgspec

from ..core.command import (
    ClaimRow,
    CronRow,
    FilterRow,
    PauseRow,
    RunRow,
    StepRow,
    TenantLimits,
    WorkerRow,
    WorkflowRow,
)
from ..core.limit import RateRow
from ..core.tally import Tally


class TenantState(msgspec.Struct):
    """A tenant's unfinished work, as `Tenant.recover` takes it."""

    versions: list[WorkflowRow]
    workers: list[WorkerRow]
    rows: list[RunRow]
    tallies: list[Tally]
    tenant_limits: list[TenantLimits]
    members: list[RunRow]
    rates: list[RateRow]
    filters: list[FilterRow]
    crons: list[CronRow]
    active_cron_runs: list[str]
    steps: list[StepRow]
    claims: list[ClaimRow]
    pauses: list[PauseRow]
    # Ids of workflows that limit how many runs wait for their start, and of such runs, the oldest first.
    unstarted: list[tuple[str, str]]
    sequence: int
