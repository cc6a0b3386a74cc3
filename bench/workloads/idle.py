"""What an idle engine costs."""

from __future__ import annotations

import time

from ..plan import Plan
from ..systems import System
from .base import Figure, Make, Target, Workload

_SETTLE_SECONDS = 5.0
_CRONS = 10_000


class Idle(Workload):
    """One worker is connected; nothing is triggered."""

    name = "idle"
    title = "Idle"
    only = ("mattock", "procrastinate")
    figures = (
        Figure("cpu", "CPU of the engine", "%", "lower", 2, {"mattock": Target(1)}),
        Figure("cron_cpu", "CPU of the engine with 10 000 crons", "%", "lower", 2, {"mattock": Target(1)}),
        Figure("memory", "memory of the engine", "MiB", "lower", 0, {"mattock": Target(120)}),
        Figure("store_cpu", "CPU of its Postgres", "%", "lower", 2),
        Figure("cron_store_cpu", "… with 10 000 crons", "%", "lower", 2),
        Figure("worker_cpu", "CPU of the connected worker", "%", "lower", 2),
        Figure("cron_worker_cpu", "… with 10 000 crons", "%", "lower", 2),
        Figure("cron_all_cpu", "CPU of all three with 10 000 crons", "%", "lower", 2),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"one worker and one client are connected, nothing is triggered, for {plan.idle_seconds:g} s;"
            f" then the same with {_CRONS:,} crons of which none is due. Procrastinate has no engine: its worker is"
            " started anew with the crons. Not measured: Celery's, which are a process of their own; BullMQ's, which"
            " are delayed jobs; DBOS's, each of which is a thread"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Watches it do nothing."""
        with make() as system:
            idle = self._watch(system, plan)
            memory = system.memory()["engine"]
            system.make_crons(_CRONS)
            crons = self._watch(system, plan)
        found = {
            "store_cpu": idle["store"],
            "cron_store_cpu": crons["store"],
            "worker_cpu": idle["worker"],
            "cron_worker_cpu": crons["worker"],
            "cron_all_cpu": crons["server"] + crons["worker"],
        }
        if system.name != "mattock":
            return found
        return {**found, "cpu": idle["engine"], "cron_cpu": crons["engine"], "memory": memory}

    def _watch(self, system: System, plan: Plan) -> dict[str, float]:
        """Percent of a core that each group of processes takes, once it has settled."""
        time.sleep(min(_SETTLE_SECONDS, plan.idle_seconds))
        before, began = system.cpu(), time.monotonic()
        time.sleep(plan.idle_seconds)
        after, seconds = system.cpu(), time.monotonic() - began
        return {group: (after[group] - before[group]) / seconds * 100 for group in after}
