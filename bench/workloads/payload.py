"""Large payloads, in and out."""

from __future__ import annotations

from ..plan import Plan
from .base import Figure, Make, Workload, scaled


class Payload(Workload):
    """Tasks that return the 64 KiB that they were given."""

    name = "payload"
    title = "Payloads of 64 KiB"
    figures = (
        Figure("rate", "tasks/s", "1/s", "higher"),
        Figure("server_cpu", "CPU of server + store a task", "ms", "lower", 3),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"{plan.payload_count:,} tasks with an input of {plan.payload_bytes // 1024} KiB, which they return; all"
            " results awaited (slower systems: fewer, as above)"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """One burst."""
        with make() as system:
            count = scaled(plan.payload_count, system)
            system.burst(max(10, count // 10), plan.payload_bytes)
            before = system.cpu()["server"]
            seconds = system.burst(count, plan.payload_bytes)
            used = system.cpu()["server"] - before
        return {"rate": count / seconds, "server_cpu": used * 1000 / count}
