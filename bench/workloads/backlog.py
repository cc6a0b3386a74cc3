"""A million queued tasks: how fast they come, how fast they go, what they cost."""

from __future__ import annotations

from ..plan import Plan
from ..statistic import median
from ..systems import System
from ..systems.base import LONG_LIMIT_SECONDS
from ..usage import Peak
from .base import Figure, Make, Target, Workload, scaled

_BURSTS = 3


class Backlog(Workload):
    """Tasks wait in another queue; then a worker comes for them."""

    name = "backlog"
    title = "Backlog"
    long = True
    figures = (
        Figure("queued", "queued tasks", ""),
        Figure("enqueue", "enqueued/s", "1/s", "higher"),
        Figure("drain", "drained/s", "1/s", "higher"),
        Figure("memory", "peak memory of the engine", "MiB", "lower", 0, {"mattock": Target(400, 200)}),
        Figure("rate_empty", "tasks/s beside no backlog", "1/s", "higher"),
        Figure("rate", "tasks/s beside the backlog", "1/s", "higher"),
        Figure("ratio", "… against none", "×", "higher", 2, {"mattock": Target(0.8, 0.95)}),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"{plan.backlog:,} tasks ({plan.peer_backlog:,} for the peers, most of which would need hours) are enqueued"
            " in one queue while the worker serves another one, whose throughput is measured before and after; then a"
            f" worker drains them, and is watched for {plan.drain_seconds:g} s at most"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Empty; enqueue; beside it; drain."""
        with make() as system, Peak(lambda: system.memory().get("engine", 0.0)) as peak:
            size = plan.backlog if system.heavy else plan.peer_backlog
            empty = _rate(system, plan)
            seconds = system.call("enqueue", LONG_LIMIT_SECONDS, count=size)["seconds"]
            beside = _rate(system, plan)
            system.stop_worker()
            system.start_worker("parked")
            # From the first task on: how long a worker takes to start is no part of the rate.
            begun, _ = system.await_counted(1, 120.0)
            done, drain = system.await_counted(size, plan.drain_seconds)
        found = {
            "queued": float(size),
            "enqueue": size / seconds,
            "drain": (done - begun) / drain,
            "rate_empty": empty,
            "rate": beside,
            "ratio": beside / empty,
        }
        return found | ({"memory": peak.mib} if peak.mib else {})


def _rate(system: System, plan: Plan) -> float:
    count = scaled(plan.count // 2, system)
    return median([count / system.burst(count) for _ in range(_BURSTS)])
