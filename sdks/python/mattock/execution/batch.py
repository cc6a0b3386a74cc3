"""Runs batches: attempts that one call of a task's function takes together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._contracts.session_pb2 import OUTCOME_KIND_CANCELLED, OUTCOME_KIND_FAILED
from ..batch import BatchContext
from ..context import current_context
from ..tracing import trace_task
from .failure import describe

if TYPE_CHECKING:
    from ..declaration import Task
    from .runner import Runner, Running


class BatchRun:
    """Attempts that run together.

    Attributes:
        task: what they are attempts of.
        members: the attempts, in the order of their inputs.
        future: the call.
    """

    __slots__ = ("future", "members", "task")

    def __init__(self, task: Task[Any, Any]) -> None:
        self.task = task
        self.members: list[Running] = []
        self.future: asyncio.Task[None] | None = None

    @property
    def cancelled(self) -> bool:
        """True if nobody wants it any more."""
        return all(member.cancelled for member in self.members)

    def cancel(self) -> None:
        """One of them was cancelled: the call is stopped with the last one, and goes on for the others."""
        if self.cancelled and self.future is not None:
            self.future.cancel()


async def run_batch(runner: Runner, batch: BatchRun) -> None:
    """Calls the task's function with the inputs of a batch, and ends each of its attempts by itself."""
    task = batch.task
    for member in batch.members:
        # They are part of a message with many, and a batch takes its time.
        member.context._detach()
    members, inputs = _read_inputs(runner, batch)
    if not members:
        return
    context = BatchContext([member.context for member in members])
    lead = type(members[0])(members[0].key, context)
    current_context.set(context)
    try:
        with trace_task(*context.members):
            if task.executor == "async" and task.plan.simple:
                results = await task.function(*task.plan.arguments(inputs, context))
            else:
                results = await runner.run_elsewhere(lead, task, inputs)
        _check_results(task, results, len(members))
    except asyncio.CancelledError as error:
        _end_all(runner, members, None if batch.cancelled else error)
    except (KeyboardInterrupt, GeneratorExit):
        for member in members:
            member.silent = True
        _end_all(runner, members, None)
        raise
    except BaseException as error:
        _end_all(runner, members, error)
    else:
        for member, result in zip(members, results, strict=True):
            _end(runner, task, member, result)


def _read_inputs(runner: Runner, batch: BatchRun) -> tuple[list[Running], list[Any]]:
    """Those with an input that can be read, and the inputs; another attempt of the others would read the same."""
    members: list[Running] = []
    inputs: list[Any] = []
    for member in batch.members:
        try:
            value = member.context.input = batch.task.input.load_input(member.context._assignment.input)
        except ValueError as error:
            runner.end(member, OUTCOME_KIND_FAILED, describe(error)[0], final=True)
            continue
        members.append(member)
        inputs.append(value)
    return members, inputs


def _check_results(task: Task[Any, Any], results: Any, count: int) -> None:
    if not isinstance(results, Sequence) or isinstance(results, str | bytes) or len(results) != count:
        what = f"{len(results)} of them" if isinstance(results, Sequence) else type(results).__name__
        raise ValueError(f"task {task.name!r}: expected a list of {count} outputs, one for each input; got {what}")


def _end_all(runner: Runner, members: list[Running], error: BaseException | None) -> None:
    """Ends them with a failure; None for attempts that were cancelled."""
    for member in members:
        if error is None or member.cancelled:
            runner.end(member, OUTCOME_KIND_CANCELLED, b"")
        else:
            _fail(runner, member, error)


def _fail(runner: Runner, member: Running, error: BaseException) -> None:
    text, final = describe(error)
    runner.end(member, OUTCOME_KIND_FAILED, text, final, getattr(error, "retry_after", None))


def _end(runner: Runner, task: Task[Any, Any], member: Running, result: Any) -> None:
    if member.cancelled:
        runner.end(member, OUTCOME_KIND_CANCELLED, b"")
        return
    if isinstance(result, BaseException):
        _fail(runner, member, result)
        return
    try:
        kind, payload, final = runner.outcome_of(task, result)
    except ValueError as error:
        _fail(runner, member, error)
    else:
        runner.end(member, kind, payload, final)
