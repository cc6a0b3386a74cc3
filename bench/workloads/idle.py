"""What an idle engine costs."""

from __future__ import annotations

import time

from ..plan import Plan
from .base import Figure, Make, Target, Workload

_SETTLE_SECONDS = 5.0
_CRONS = 10_000


class Idle(Workload):
    """One worker is connected; nothing is triggered."""

    name = "idle"
    title = "Idle"
    only = ("mattock",)
    figures = (
        Figure("cpu", "CPU of the engine", "%", "lower", 2, {"mattock": Target(1)}),
        Figure("cron_cpu", "CPU of the engine with 10 000 crons", "%", "lower", 2, {"mattock": Target(1)}),
        Figure("memory", "memory of the engine", "MiB", "lower", 0, {"mattock": Target(120)}),
        Figure("store_cpu", "CPU of its Postgres", "%", "lower", 2),
        Figure("worker_cpu", "CPU of the connected worker", "%", "lower", 2),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"one worker and one client are connected, nothing is triggered, for {plan.idle_seconds:g} s;"
            f" then the same with {_CRONS:,} crons of which none is due"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Watches it do nothing."""
        with make() as system:
            time.sleep(min(_SETTLE_SECONDS, plan.idle_seconds))
            before, began = system.cpu(), time.monotonic()
            time.sleep(plan.idle_seconds)
            after, seconds = system.cpu(), time.monotonic() - began
            memory = system.memory()["engine"]
            percent = {group: (after[group] - before[group]) / seconds * 100 for group in after}
            system.call("crons", count=_CRONS)
            time.sleep(min(_SETTLE_SECONDS, plan.idle_seconds))
            before, began = system.cpu(), time.monotonic()
            time.sleep(plan.idle_seconds)
            crons = (system.cpu()["engine"] - before["engine"]) / (time.monotonic() - began) * 100
        return {
            "cpu": percent["engine"],
            "cron_cpu": crons,
            "memory": memory,
            "store_cpu": percent["store"],
            "worker_cpu": percent["worker"],
        }
