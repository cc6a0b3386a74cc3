"""Durable execution: recorded steps, children of one parent, tasks that sleep."""

from __future__ import annotations

import time

from ..plan import Plan
from .base import Figure, Make, Target, Workload

_LIMIT = 900.0


class Durable(Workload):
    """Many tasks of many steps; one with many children; many that wait."""

    name = "durable"
    title = "Durable execution"
    long = True
    only = ("mattock", "dbos")
    figures = (
        Figure("steps", "recorded steps/s", "1/s", "higher", 0, {"mattock": Target(2000)}),
        Figure("children", "one parent with its children", "s", "lower", 1, {"mattock": Target(5)}),
        Figure("asleep", "sleeping tasks", ""),
        Figure("memory", "memory of the engine for them", "MiB", "lower", 0, {"mattock": Target(200)}),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"{plan.durable:,} durable tasks at once record 50 steps each, one after the other; one parent starts"
            f" {plan.durable_children:,} children and awaits all (DBOS: workflows on a queue); {plan.asleep:,} tasks"
            " fall asleep for an hour and leave their worker (DBOS has no such thing: a workflow that sleeps stays in"
            " its process)"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Steps, children, sleep."""
        with make() as system:
            system.call("steps", count=20, steps=10)
            steps = system.call("steps", _LIMIT, count=plan.durable, steps=50)["seconds"]
            children = system.call("durable_fan", _LIMIT, children=plan.durable_children)["seconds"]
            found = {"steps": plan.durable * 50 / steps, "children": children}
            if system.name != "mattock":
                return found
            time.sleep(2.0)
            before = system.memory()["engine"]
            system.call("sleep", _LIMIT, count=plan.asleep)
            time.sleep(2.0)
            after = system.memory()["engine"]
        return {**found, "asleep": float(plan.asleep), "memory": after - before}
