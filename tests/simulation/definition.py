"""Workflows of every shape that the core knows."""

from __future__ import annotations

from typing import Any

from mattock_engine.core import command as c
from mattock_engine.core.definition import (
    BatchDefinition,
    ConcurrencyDefinition,
    ConditionDefinition,
    DebounceDefinition,
    FilterDefinition,
    IdempotencyDefinition,
    LabelDefinition,
    QueueLimitDefinition,
    RateDefinition,
    TaskDefinition,
    WorkflowDefinition,
)
from mattock_engine.core.status import Action, Comparator, QueueOrder, Sticky, Strategy

A_RATE = RateDefinition(key_expression="input.key", limit_expression="3", window=4.0)
# It is put by name, and changed.
SHARED_RATE = RateDefinition(key="shared", units_expression="input.key == 'a' ? 2 : 1")


def definitions() -> list[WorkflowDefinition]:
    """All of them."""

    def task(workflow: str, name: str, **options: Any) -> TaskDefinition:
        return TaskDefinition(name=name, action=f"{workflow}:{name}", **options)

    return [
        WorkflowDefinition(
            "plain", (task("plain", "plain", retries=2),), events=("e:1", "e:*"), crons=("*/7 * * * * *",)
        ),
        WorkflowDefinition(
            "lifo",
            (task("lifo", "lifo"),),
            queue_order=QueueOrder.LIFO,
            events=("e:2",),
            filters=(FilterDefinition("input.key == 'a'", "s"), FilterDefinition("input.key != 'b'", "s")),
        ),
        WorkflowDefinition(
            "slow", (task("slow", "slow", retries=1, backoff_factor=2.0, execution_timeout=5.0, schedule_timeout=20.0),)
        ),
        WorkflowDefinition("large", (task("large", "large", slots=(("default", 3),), retries=1),)),
        WorkflowDefinition(
            "diamond",
            (
                task("diamond", "d", parents=("b", "c")),
                task("diamond", "a", retries=1),
                task("diamond", "b", parents=("a",)),
                task("diamond", "c", parents=("a",), priority=3),
            ),
            default_priority=2,
        ),
        WorkflowDefinition(
            "guarded",
            (task("guarded", "x"), task("guarded", "y", parents=("x",))),
            on_failure=task("guarded", "mend"),
        ),
        WorkflowDefinition(
            "waiting",
            (
                task("waiting", "a"),
                task("waiting", "nap", parents=("a",), conditions=(asleep(9.0),)),
                task(
                    "waiting",
                    "race",
                    parents=("a",),
                    conditions=(
                        asleep(60.0),
                        condition(Action.QUEUE, event_key="e:1"),
                        condition(Action.SKIP, group=1, event_key="e:3"),
                    ),
                    retries=1,
                ),
                task("waiting", "end", parents=("nap", "race")),
                task("waiting", "root", conditions=(asleep(2.0),)),
                task("waiting", "back", conditions=(asleep(30.0), looking_back("e:2"))),
            ),
        ),
        WorkflowDefinition(
            "capped", (task("capped", "capped", retries=1),), queue_limit=QueueLimitDefinition(4), priority_ageing=30.0
        ),
        WorkflowDefinition(
            "capped-dag",
            (task("capped-dag", "c1"), task("capped-dag", "c2", parents=("c1",))),
            queue_limit=QueueLimitDefinition(3, drop_oldest=True),
        ),
        WorkflowDefinition(
            "debounced", (task("debounced", "debounced"),), debounce=DebounceDefinition("input.key", 2.0, 6.0)
        ),
        WorkflowDefinition("batched", (task("batched", "batched", retries=1, batch=batch(3, 2.0, 2)),)),
        WorkflowDefinition(
            "batched-dag",
            (
                task("batched-dag", "b1"),
                task("batched-dag", "b2", parents=("b1",), batch=batch(4, 1.0, 1), concurrency=(by_key(3),)),
            ),
        ),
        WorkflowDefinition("keyed", (task("keyed", "keyed", retries=1, concurrency=(by_key(2),)),)),
        WorkflowDefinition(
            "newest", (task("newest", "newest", concurrency=(by_key(2, Strategy.CANCEL_NEWEST),), retries=1),)
        ),
        WorkflowDefinition("progress", (task("progress", "progress", concurrency=(by_key(1, Strategy(0)),)),)),
        WorkflowDefinition(
            "limited",
            (
                task("limited", "a", rates=(A_RATE,)),
                task("limited", "b", parents=("a",), concurrency=(by_key(1),), retries=1),
            ),
            concurrency=(by_key(2), ConcurrencyDefinition("'all'", 3, Strategy.GROUP_ROUND_ROBIN)),
        ),
        WorkflowDefinition("metered", (task("metered", "metered", retries=1, rates=(SHARED_RATE, A_RATE)),)),
        WorkflowDefinition("durable", (task("durable", "durable", retries=2, execution_timeout=40.0, durable=True),)),
        WorkflowDefinition(
            "durable-dag",
            (
                task("durable-dag", "a"),
                task("durable-dag", "b", parents=("a",), durable=True, concurrency=(by_key(3),)),
            ),
        ),
        WorkflowDefinition(
            "once",
            (task("once", "once", retries=1),),
            idempotency=IdempotencyDefinition("'once/' + input.key", 1000.0, until_end=True),
        ),
        WorkflowDefinition("sticky", (task("sticky", "a"), task("sticky", "b", parents=("a",))), sticky=Sticky.SOFT),
        WorkflowDefinition(
            "bound",
            (
                task("bound", "a", retries=1, schedule_timeout=15.0),
                task("bound", "b", schedule_timeout=15.0),
                task("bound", "c", parents=("a", "b"), schedule_timeout=15.0),
            ),
            sticky=Sticky.HARD,
        ),
        WorkflowDefinition(
            "choosy",
            (
                task(
                    "choosy",
                    "choosy",
                    retries=1,
                    labels=wishes(),
                ),
            ),
        ),
        WorkflowDefinition(
            "choosy-large", (task("choosy-large", "choosy-large", slots=(("default", 2),), labels=wishes()),)
        ),
    ]


def runs_of(event: c.EventItem) -> int:
    """How many runs an event must start."""
    filtered = {"a": 2, "b": 0, "c": 1}[event.payload[8]] if (event.key, event.scope) == ("e:2", "s") else 0
    return filtered + event.key.startswith("e:")


def condition(action: Action, **options: Any) -> ConditionDefinition:
    """A condition."""
    return ConditionDefinition(action, "key", **options)


def wishes() -> tuple[LabelDefinition, ...]:
    """A zone that the worker must be in, and a size that it should have."""
    return LabelDefinition("zone", "a", required=True), LabelDefinition("size", 2, Comparator.GREATER_THAN, weight=-1)


def asleep(seconds: float) -> ConditionDefinition:
    """A task waits for so long."""
    return condition(Action.QUEUE, seconds=seconds, sleep_text=f"{seconds:g}s")


def looking_back(key: str) -> ConditionDefinition:
    """A task waits for an event, or takes one that came a little before."""
    return condition(Action.QUEUE, event_key=key, look_back=15.0)


def by_key(limit: int, strategy: Strategy = Strategy.GROUP_ROUND_ROBIN) -> ConcurrencyDefinition:
    """A limit for each key of the input."""
    return ConcurrencyDefinition("input.key", limit, strategy)


def batch(size: int, interval: float, runs: int) -> BatchDefinition:
    """Batches of each key of the input."""
    return BatchDefinition(size, interval, "input.key", runs)
