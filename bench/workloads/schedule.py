"""One-time schedules: how late those that are due start, and what a million that are not due cost."""

from __future__ import annotations

import time

import psycopg

from ..plan import Plan
from ..statistic import percentile
from .base import Figure, Make, Target, Workload

_SETTLE_SECONDS = 5.0
# Made beforehand, each due so many seconds after the one before.
_DUE = 200
_APART = 0.03
# Due in thirty to sixty days, each at a time of its own.
_FILL = """
insert into mattock.schedule (tenant_id, schedule_id, workflow, at, input, priority, child_key, created_at, problem)
select one.tenant_id, mattock.new_id(), one.workflow,
    extract(epoch from now()) + 86400 * (30 + 30 * number::float8 / %(count)s), one.input, one.priority, '',
    one.created_at, ''
from (select * from mattock.schedule limit 1) one, generate_series(1, %(count)s) number
"""


class Schedule(Workload):
    """Lateness of an idle engine; then its cost with schedules that are not due, inserted set-wise by SQL."""

    name = "schedule"
    title = "Schedules"
    only = ("mattock",)
    figures = (
        Figure("late_p50", "start after the time that is due, p50", "ms", "lower", 1),
        Figure("late_p99", "… p99", "ms", "lower", 1, {"mattock": Target(50)}),
        Figure("memory", "memory of the engine with the ones not due", "MiB", "lower", 0, {"mattock": Target(140)}),
        Figure("grown", "… more than before", "MiB", "lower", 1),
        Figure("cpu", "CPU of the engine with them, idle", "%", "lower", 2, {"mattock": Target(1)}),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"{_DUE} schedules are made, due {_APART * 1000:g} ms apart, and nothing else runs: from the time that is"
            f" due to the task's first line; then {plan.schedules:,} that are due in a month or later are inserted"
            f" set-wise by SQL, the engine is idle for {plan.idle_seconds:g} s"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Those that are due; those that are not."""
        with make() as system:
            late = [value * 1000 for value in system.call("schedules", count=_DUE, apart=_APART)["late"]]
            time.sleep(min(_SETTLE_SECONDS, plan.idle_seconds))
            memory = system.memory()["engine"]
            with psycopg.connect(system.database_url, autocommit=True) as connection:
                connection.execute(_FILL, {"count": plan.schedules})
                connection.execute("vacuum (analyze) mattock.schedule")
            # One more is made: the engine looks at what is there.
            system.call("schedules", count=1, apart=_APART)
            time.sleep(min(_SETTLE_SECONDS, plan.idle_seconds))
            before, began = system.cpu(), time.monotonic()
            time.sleep(plan.idle_seconds)
            cpu = (system.cpu()["engine"] - before["engine"]) / (time.monotonic() - began) * 100
            beside = system.memory()["engine"]
        return {
            "late_p50": percentile(late, 50),
            "late_p99": percentile(late, 99),
            "memory": beside,
            "grown": beside - memory,
            "cpu": cpu,
        }
