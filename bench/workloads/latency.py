"""How long until a task begins, and until its result is back, at a fixed rate."""

from __future__ import annotations

from ..plan import Plan
from ..statistic import percentile
from .base import Figure, Make, Target, Workload

_START_50 = {"p50": Target(3, 1), "p99": Target(10, 5)}
_TRIP_50 = {"p50": Target(5, 2)}


def _figure(kind: str, title: str, rate: int, rank: str, targets: dict[str, Target]) -> Figure:
    target = {"mattock": targets[rank]} if rate == 50 and rank in targets else {}
    return Figure(f"{kind}_{rank}_{rate}", f"{title}, {rate}/s, {rank}", "ms", "lower", 2, target)


class Latency(Workload):
    """Single tasks at a fixed rate, whatever comes back."""

    name = "latency"
    title = "Latency"
    figures = tuple(
        _figure(kind, title, rate, rank, targets)
        for rate in Plan().rates
        for kind, title, targets in (("start", "start", _START_50), ("trip", "round trip", _TRIP_50))
        for rank in ("p50", "p99")
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        rates = " and at ".join(f"{rate}/s" for rate in plan.rates)
        return (
            f"tasks are triggered one by one at {rates} for {plan.latency_seconds:g} s each, whatever comes back;"
            " start: from the call to the first line of the task, by the same clock; round trip: to the result at the"
            " caller"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """All rates, one after the other."""
        found = {}
        with make() as system:
            for rate in plan.rates:
                system.call("paced", rate=rate, seconds=1.0)
                answer = system.call("paced", rate=rate, seconds=plan.latency_seconds)
                for kind, values in (("start", answer["starts"]), ("trip", answer["trips"])):
                    for rank in (50, 99) if values else ():
                        found[f"{kind}_p{rank}_{rate}"] = percentile(values, rank) / 1000
        return found
