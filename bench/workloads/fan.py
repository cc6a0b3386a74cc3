"""One parent, many children."""

from __future__ import annotations

from ..plan import Plan
from ..statistic import median
from .base import Figure, Make, Workload


class Fan(Workload):
    """A task that starts children, and awaits them."""

    name = "fan"
    title = "Fan-out"
    figures = (
        Figure("seconds", "one parent with its children", "ms", "lower", 0),
        Figure("rate", "children/s", "1/s", "higher"),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"one parent starts {plan.children:,} children and awaits their results; median of {plan.fans} (Celery: a"
            " chord; BullMQ: a flow)"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Some fan-outs, one after the other."""
        with make() as system:
            system.call("fan", children=plan.children // 10)
            seconds = [system.call("fan", children=plan.children)["seconds"] for _ in range(plan.fans)]
        middle = median(seconds)
        return {"seconds": middle * 1000, "rate": plan.children / middle}
