"""Limits: what a concurrency key or a rate limit costs, and events that start nothing."""

from __future__ import annotations

from ..plan import Plan
from .base import Figure, Make, Target, Workload, scaled


class Flow(Workload):
    """The same no-op tasks, with and without limits."""

    name = "flow"
    title = "Limits and events"
    only = ("mattock", "dbos")
    figures = (
        Figure("plain", "tasks/s without limits", "1/s", "higher"),
        Figure("keys_1000", "1 000 keys, limit 5, of plain", "×", "higher", 2, {"mattock": Target(0.7)}),
        Figure("keys_20000", "20 000 keys, of plain", "×", "higher", 2, {"mattock": Target(0.5)}),
        Figure("rate_limit", "rate limit of 10 keys, of plain", "×", "higher", 2, {"mattock": Target(0.7)}),
        Figure(
            "event_cpu", "CPU of 10 000 events/s that match nothing", "% of a core", "lower", 0, {"mattock": Target(30)}
        ),
        Figure("engine_cpu", "… of the engine alone", "% of a core", "lower", 0, {"mattock": Target(30)}),
        Figure("filters", "an event with 1 000 filters", "ms", "lower", 2, {"mattock": Target(5)}),
    )

    def how(self, plan: Plan) -> str:
        """What is done."""
        return (
            f"{plan.count:,} no-op tasks each: plain, with a concurrency limit of 5 for each of 1 000 and of 20 000"
            " keys, with a rate limit for each of 10 keys that is never reached; then events in bulks of 1 000 that no"
            " workflow waits for (their CPU for 10 000), and 200 events, one by one, whose key has 1 000 filters that"
            " are all false. DBOS (a tenth of the tasks) has such limits for the partitions of a queue; it has no"
            " events that start workflows. The other peers have no limit above one for keys that come with the tasks"
            " (Procrastinate's locks let one job of a key run at a time; groups are in BullMQ's commercial edition"
            " alone), and their rate limits know no keys (BullMQ's is a queue's, Celery's a task's in one worker)"
        )

    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Bursts, then events."""
        with make() as system:
            system.stop_worker()
            system.start_worker("main,limited")
            count = scaled(plan.count, system)
            system.call("limited", count=count // 4, keys=0)
            seconds = {
                name: float(system.call("limited", count=count, keys=keys)["seconds"])
                for name, keys in (("plain", 0), ("keys_1000", 1000), ("keys_20000", 20_000), ("rate_limit", -10))
            }
            found = {name: seconds["plain"] / value for name, value in seconds.items()}
            found["plain"] = count / seconds["plain"]
            if system.name != "mattock":
                return found
            # The first request of its kind costs more than the others.
            system.call("events", count=1000)
            before = system.cpu()
            system.call("events", count=count)
            after = system.cpu()
            filters = system.call("filtered", count=200, filters=1000)["each"]
        share = 10_000 / count * 100
        return {
            **found,
            "event_cpu": (after["server"] - before["server"]) * share,
            "engine_cpu": (after["engine"] - before["engine"]) * share,
            "filters": filters * 1000,
        }
