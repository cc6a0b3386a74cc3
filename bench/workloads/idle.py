"""What an idle engine costs."""

from __future__ import annotations

import time

from ..plan import Plan
from .base import Figure, Make, Target, Workload

_SETTLE_SECONDS = 5.0


class Idle(Workload):
    """One worker is connected; nothing is triggered."""

    name = "idle"
    title = "Idle"
    only = ("mattock",)
    figures = (
        Figure("cpu", "CPU of the engine", "%", "lower", 2, {"mattock": Target(1)}),
        Figure("memory", "memory of the engine", "MiB", "lower", 0, {"mattock": Target(120)}),
        Figure("store_cpu", "CPU of its Postgres", "%", "lower", 2),
        Figure("worker_cpu", "CPU of the connected worker", "%", "lower", 2),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return f"one worker and one client are connected, nothing is triggered, for {plan.idle_seconds:g} s"

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Watches it do nothing."""
        with make() as system:
            time.sleep(min(_SETTLE_SECONDS, plan.idle_seconds))
            before, began = system.cpu(), time.monotonic()
            time.sleep(plan.idle_seconds)
            after, seconds = system.cpu(), time.monotonic() - began
            memory = system.memory()["engine"]
        percent = {group: (after[group] - before[group]) / seconds * 100 for group in after}
        return {
            "cpu": percent["engine"],
            "memory": memory,
            "store_cpu": percent["store"],
            "worker_cpu": percent["worker"],
        }
