"""A DAG of 10 tasks."""

from __future__ import annotations

from ..plan import Plan
from ..statistic import median, percentile
from .base import Figure, Make, Workload


class Dag(Workload):
    """Layers of 1, 3, 3, 2, 1 tasks with 15 edges."""

    name = "dag"
    title = "DAG of 10 tasks"
    figures = (
        Figure("p50", "one DAG, p50", "ms", "lower", 1),
        Figure("p99", "one DAG, p99", "ms", "lower", 1),
        Figure("rate", "DAGs/s, many at once", "1/s", "higher", 1),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"layers of 1, 3, 3, 2 and 1 no-op tasks with 15 edges; {plan.dags} runs one after the other, then"
            f" {plan.dags_together} at once (Celery: a chain of groups; DBOS: a workflow that enqueues layer by layer)"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """One after the other, then all at once."""
        with make() as system:
            system.call("dags", count=3, together=False)
            each = system.call("dags", count=plan.dags, together=False)["each"]
            together = system.call("dags", count=plan.dags_together, together=True)["seconds"]
        return {
            "p50": median(each) * 1000,
            "p99": percentile(each, 99) * 1000,
            "rate": plan.dags_together / together,
        }
