"""Steps of durable tasks, as the server knows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from ._contracts.session_pb2 import (
    RUN_STATUS_CANCELLED,
    RUN_STATUS_COMPLETED,
    RUN_STATUS_FAILED,
    RunResult,
    TaskResult,
    WaitCondition,
)
from .condition import SleepCondition, UserEventCondition
from .duration import Duration, to_seconds

if TYPE_CHECKING:
    from .execution.journal import Outcome

_CANCELLED = b"task was cancelled"


def to_wait(condition: Any, group: int, qualify: Callable[[str], str], now: float) -> WaitCondition:
    """A condition as the server knows it.

    Args:
        condition: a sleep or an event.
        group: of those in one group, one is enough.
        qualify: puts the namespace before an event's key.
        now: seconds since 1970, from which it looks back.

    Raises:
        TypeError: it is nothing that a durable task can wait for.
    """
    if isinstance(condition, SleepCondition):
        seconds = to_seconds(condition.duration, "SleepCondition.duration")
        return WaitCondition(key=condition.key, group=group, sleep=seconds)
    if not isinstance(condition, UserEventCondition):
        raise TypeError(f"conditions: a durable task cannot wait for {type(condition).__name__}")
    return WaitCondition(
        key=condition.key or condition.event_key,
        group=group,
        event_key=qualify(condition.event_key),
        scope=condition.scope,
        expression=condition.expression,
        since=since_of(condition.lookback_window, now),
    )


def since_of(lookback_window: Duration | None, now: float) -> float:
    """From when on events of the past count, seconds since 1970; 0 if none do."""
    return max(1.0, now - to_seconds(lookback_window, "lookback_window")) if lookback_window else 0.0


def result_of(run_id: str, outcome: Outcome, task_names: Sequence[str], alone: bool) -> RunResult:
    """The result of a child run, from the outcome of its step."""
    name = task_names[0] if task_names else ""
    if outcome.failed:
        cancelled = outcome.payload == _CANCELLED
        status = RUN_STATUS_CANCELLED if cancelled else RUN_STATUS_FAILED
        task = TaskResult(task_id=run_id, task_name=name, status=status, error=outcome.payload.decode())
        return RunResult(run_id=run_id, status=status, tasks=[task])
    if alone:
        outputs = {name: outcome.payload}
    else:
        outputs = {key: to_json(value) for key, value in from_json(outcome.payload or b"{}").items()}
    tasks = [
        TaskResult(task_id=run_id, task_name=key, status=RUN_STATUS_COMPLETED, output=value)
        for key, value in outputs.items()
    ]
    return RunResult(run_id=run_id, status=RUN_STATUS_COMPLETED, tasks=tasks)


def digest(parts: Sequence[str]) -> str:
    """The fingerprint of a step: what must be the same when the task comes there again."""
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def words_of(condition: WaitCondition) -> str:
    """A condition, for people."""
    return f"event {condition.event_key}" if condition.event_key else f"{condition.sleep:g} s"
