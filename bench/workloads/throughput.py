"""No-op tasks a second, and the CPU that one costs."""

from __future__ import annotations

from ..plan import Plan
from .base import Figure, Make, Target, Workload, scaled


class Throughput(Workload):
    """A burst of no-op tasks; all results are awaited."""

    name = "throughput"
    title = "No-op tasks, results awaited"
    figures = (
        Figure("rate", "tasks/s", "1/s", "higher", 0, {"mattock": Target(5000, 10_000), "hatchet": Target(400, 550)}),
        Figure(
            "server_cpu",
            "CPU of server + store a task",
            "ms",
            "lower",
            3,
            {"mattock": Target(0.15, 0.08), "hatchet": Target(0.6, 0.25)},
        ),
        Figure("store_cpu", "… of the store alone", "ms", "lower", 3),
        Figure("all_cpu", "CPU of everything a task", "ms", "lower", 3),
        Figure("client_cpu", "CPU of the client a task", "ms", "lower", 3),
        Figure("worker_cpu", "CPU of the worker a task", "ms", "lower", 3),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"{plan.count:,} no-op tasks are triggered at once by one client process, run by one worker process, and"
            " all results are awaited (systems below 1 000 tasks/s get a tenth of them, Celery a quarter)"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """One burst."""
        with make() as system:
            count = scaled(plan.count, system)
            system.burst(count // 4)
            before = system.cpu()
            seconds = system.burst(count)
            after = system.cpu()
            used = {group: (after[group] - before[group]) * 1000 / count for group in after}
            return {
                "rate": count / seconds,
                "server_cpu": used["server"],
                "store_cpu": used["store"],
                "all_cpu": used["server"] + used["client"] + used["worker"],
                "client_cpu": used["client"],
                "worker_cpu": used["worker"],
            }
