"""Durable tasks on a worker's session: their steps in, answers and what is settled out."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...contracts.mattock import session_pb2 as pb
from ...core.command import Command, StepRow
from ...core.definition import ConditionDefinition
from ...core.error import Code, Refused, invalid
from ...core.message import StepSettled
from ...core.registration import check_conditions
from ...core.status import Action
from ...core.step import (
    DEPARTURE,
    AwaitSteps,
    EvictTask,
    FetchHistory,
    RecordSteps,
    StepAck,
    StepRefusal,
    StepRequest,
)
from ...core.submission import check_item, check_seconds, text_of, time_or_none
from .caller import item_of

# Seconds after which a worker is told to say again what it waits for, when the engine could not be reached.
RESYNC_SECONDS = 0.5
MAX_RESPONSE_BYTES = 3 << 20
MAX_LABEL = 1000

Replies = list[StepAck | StepRefusal] | None


class DurableDesk:
    """What a worker's stream does for its durable tasks.

    Args:
        call: sends a command of the stream's tenant to the engine.
        send: sends a response, unless the stream is over.
        limit: bytes of a child run's input.
    """

    def __init__(
        self,
        call: Callable[..., asyncio.Future[Any]],
        send: Callable[[pb.WorkResponse], None],
        session_id: str,
        limit: int,
    ) -> None:
        self._engine = call
        self._send = send
        self._session_id = session_id
        self._limit = limit

    def on_message(self, message: pb.WorkRequest) -> None:
        """What a worker says of its durable tasks."""
        for attempt in message.histories:
            self._history(attempt.task_id, attempt.attempt)
        if message.steps:
            for steps in _runs_of(message.steps):
                self._record(steps)
        if message.waits:
            waits = [(each.task_id, each.attempt, each.branch, each.node) for each in message.waits]
            self._call(AwaitSteps(self._session_id, waits), self._stop)
        for each in message.evictions:
            self._call(EvictTask(each.task_id, each.attempt, each.reason))

    def _call(self, command: Command, convert: Callable[[Any], None] | None = None) -> None:
        future = self._engine(command, convert) if convert is not None else self._engine(command)
        future.add_done_callback(self._done)

    def _done(self, done: asyncio.Future[Any]) -> None:
        error = None if done.cancelled() else done.exception()
        if isinstance(error, Refused) and error.code == Code.UNAVAILABLE:
            asyncio.get_running_loop().call_later(RESYNC_SECONDS, self.resync)

    def resync(self) -> None:
        """The engine has forgotten what the worker's tasks wait for."""
        self._send(pb.WorkResponse(resync=True))

    # ---- steps ----

    def _record(self, steps: list[pb.DurableStep]) -> None:
        first = steps[0]
        try:
            requests = [self._request(step) for step in steps]
        except Refused as refused:
            self._send(pb.WorkResponse(answers=[_refusal(first, refused.message)]))
            return
        command = RecordSteps(first.task_id, first.attempt, self._session_id, requests, first.node)
        future = self._engine(command, lambda replies: self._recorded(steps, replies))
        future.add_done_callback(lambda done: self._refused(first, done))

    def _request(self, step: pb.DurableStep) -> StepRequest:
        request = StepRequest(
            kind=int(step.kind), fingerprint=step.fingerprint, what=step.description, label=step.label[:MAX_LABEL]
        )
        if step.node < 1:
            raise invalid("node", f"{step.node} is out of range; expected 1 or more")
        if step.kind == pb.STEP_KIND_RUN:
            request.item = item_of(step.item)
            request.item.parent_task_id = step.task_id
            check_item(request.item, self._limit)
        elif step.kind == pb.STEP_KIND_WAIT:
            request.conditions = tuple(_condition(index, each) for index, each in enumerate(step.conditions))
            check_conditions("conditions", request.conditions)
        elif step.kind == pb.STEP_KIND_MEMO:
            request.value = text_of("value", step.value) if step.HasField("value") else None
        else:
            raise invalid("kind", f"{step.kind} is unknown; expected 1 (run), 2 (wait) or 3 (memo)")
        return request

    def _recorded(self, steps: list[pb.DurableStep], replies: Replies) -> None:
        """Answers. (At once, so that nothing that is settled overtakes it.)"""
        if replies is None:
            self._stop([(steps[0].task_id, steps[0].attempt)])
            return
        response = pb.WorkResponse()
        for step, reply in zip(steps, replies, strict=False):
            if isinstance(reply, StepRefusal):
                answer = _refusal(step, reply.message)
                answer.departed = reply.code == DEPARTURE
                response.answers.append(answer)
                continue
            answer = response.answers.add(
                task_id=step.task_id,
                attempt=step.attempt,
                node=step.node,
                branch=reply.branch,
                child_run_id=reply.child_id,
            )
            if reply.known:
                answer.value = reply.payload.encode()
        self._send(response)

    def _refused(self, first: pb.DurableStep, done: asyncio.Future[Any]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is None:
            return
        if isinstance(error, Refused) and error.code != Code.UNAVAILABLE:
            self._send(pb.WorkResponse(answers=[_refusal(first, error.message)]))
        else:
            self._done(done)

    # ---- histories ----

    def _history(self, task_id: str, attempt: int) -> None:
        self._call(FetchHistory(task_id, attempt, self._session_id), lambda rows: self._told(task_id, attempt, rows))

    def _told(self, task_id: str, attempt: int, rows: list[StepRow] | None) -> None:
        if rows is None:
            self._stop([(task_id, attempt)])
            return
        recorded = [row.recorded_at for row in rows]
        response, size = pb.WorkResponse(), 0
        history = response.histories.add(task_id=task_id, attempt=attempt)
        for row in rows:
            history.steps.add(
                node=row.node,
                branch=row.branch,
                kind=row.kind,
                fingerprint=row.fingerprint,
                description=row.what,
                child_run_id=row.child_id,
                order=row.order,
                recorded_before=bisect_left(recorded, row.settled_at) if row.order else 0,
                payload=row.payload.encode(),
                failed=row.failed,
            )
            size += len(row.payload) + len(row.fingerprint) + len(row.what) + 100
            if size > MAX_RESPONSE_BYTES:
                self._send(response)
                response, size = pb.WorkResponse(), 0
                history = response.histories.add(task_id=task_id, attempt=attempt)
        history.complete = True
        self._send(response)

    # ---- out ----

    def _stop(self, attempts: Iterable[tuple[str, int]]) -> None:
        stopped = [pb.Attempt(task_id=task_id, attempt=attempt) for task_id, attempt in attempts]
        if stopped:
            self._send(pb.WorkResponse(stopped=stopped))


def add_settled(response: pb.WorkResponse, message: StepSettled) -> int:
    """Adds a settled step; returns about its bytes."""
    response.settled.add(
        task_id=message.task_id,
        attempt=message.attempt,
        branch=message.branch,
        node=message.node,
        payload=message.payload.encode(),
        failed=message.failed,
    )
    return 100 + len(message.payload)


def _runs_of(steps: Sequence[pb.DurableStep]) -> Iterable[list[pb.DurableStep]]:
    """Steps of one attempt that follow each other, together."""
    found: list[pb.DurableStep] = []
    for step in steps:
        if found and (step.task_id, step.attempt, step.node) != (
            found[-1].task_id,
            found[-1].attempt,
            found[-1].node + 1,
        ):
            yield found
            found = []
        found.append(step)
    if found:
        yield found


def _refusal(step: pb.DurableStep, text: str) -> pb.StepAnswer:
    return pb.StepAnswer(task_id=step.task_id, attempt=step.attempt, node=step.node, error=text or "refused")


def _condition(index: int, message: pb.WaitCondition) -> ConditionDefinition:
    at = f"conditions[{index}]"
    sleep = message.HasField("sleep")
    if sleep == bool(message.event_key):
        raise invalid(at, "expected a sleep or an event's key")
    seconds = check_seconds(f"{at}.sleep", message.sleep) if sleep else 0.0
    return ConditionDefinition(
        action=Action.QUEUE,
        key=message.key,
        group=message.group,
        expression=message.expression,
        seconds=seconds,
        sleep_text=f"{seconds:g}s" if sleep else "",
        event_key=message.event_key,
        scope=message.scope,
        since=time_or_none(message.since) or 0.0,
    )
