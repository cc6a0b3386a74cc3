"""The context of a durable task: steps that are recorded, so that the task goes on where it was, wherever it is."""

from __future__ import annotations

import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import from_json, to_json

from ._contracts.session_pb2 import (
    STEP_KIND_MEMO,
    STEP_KIND_RUN,
    STEP_KIND_WAIT,
    Assignment,
    DurableStep,
    RunResult,
    TriggerItem,
    WaitCondition,
)
from .condition import OrGroup, SleepCondition, UserEventCondition
from .context import Context
from .duration import Duration, to_seconds
from .host import Host
from .identity import ms_of
from .message import Approval, Update
from .step import digest, result_of, since_of, to_wait, words_of

if TYPE_CHECKING:
    from .declaration import Task
    from .execution.journal import Journal, Pending

T = TypeVar("T")
# Events by which a running task is spoken to; no workflow can be started by them.
SIGNAL_PREFIX = "mattock:signal/"


class DurableContext(Context):
    """What a durable task knows and can do, beside what a `Context` can.

    Its code may be run several times: after a failure, a deployment, or a wait that it has left its worker for. Each
    method here records a step; a later attempt is given what was recorded. Between steps the code must do the same
    each time: take times, random values and what it reads from outside by `aio_now`, `aio_random`, `aio_uuid` and
    `aio_memo`, and do work in runs of other tasks (`await other.aio_run(…)`), which are steps, too.
    """

    __slots__ = ("_journal", "_patched", "_spoken")

    def __init__(self, assignment: Assignment, task: Task[Any, Any], host: Host, journal: Journal) -> None:
        super().__init__(assignment, task, host)
        self._journal = journal
        self._patched: dict[str, bool] = {}
        # Ids of the last messages taken, by name.
        self._spoken: dict[str, str] = {}

    def metric(self, name: str, value: float = 1, **labels: str) -> None:
        """Adds a value to a figure of the workflow; what another attempt has been through does not count again."""
        if not self._journal.repeats:
            super().metric(name, value, **labels)

    @property
    def retry_count(self) -> int:
        """How many attempts failed, or lost their worker, before this one."""
        return self._assignment.attempt - self._assignment.restores

    @property
    def attempt_number(self) -> int:
        """Number of this attempt, from 1; a return from a wait is none of its own."""
        return self.retry_count + 1

    @property
    def invocation_count(self) -> int:
        """How often the code was begun, this time included."""
        return self._assignment.attempt + 1

    # ---- time and chance

    async def aio_now(self) -> datetime:
        """The time at which the code came here first (UTC)."""
        return datetime.fromtimestamp(await self._value("now", self._host.clock), UTC)

    async def aio_random(self) -> float:
        """A random number from 0 to 1, the same at each attempt."""
        return float(await self._value("random", random.random))

    async def aio_uuid(self) -> uuid.UUID:
        """A random UUID (version 4), the same at each attempt."""
        return uuid.UUID(await self._value("uuid", lambda: str(uuid.uuid4())))

    async def _value(self, name: str, make: Callable[[], Any]) -> Any:
        step = DurableStep(kind=STEP_KIND_MEMO, fingerprint=name, description=name, value=to_json(make()))
        answer = await (await self._begin(step)).answer
        return from_json(answer.value if answer.HasField("value") else step.value)

    async def aio_memo(self, function: Callable[..., T | Awaitable[T]], *args: Any, key: str = "") -> T:
        """Does something once, and keeps its result for all attempts.

        Args:
            function: what to do; a coroutine function, or a plain one that does not block. If the worker dies before
                the result is recorded, it is done again.
            args: its arguments.
            key: names the step; by default the function's name.

        Returns:
            The result, as JSON makes it: a dict for a model, for example.

        Raises:
            NonDeterminismError: the history holds another step here.
        """
        name = key or getattr(function, "__qualname__", "memo")
        step = DurableStep(kind=STEP_KIND_MEMO, fingerprint=f"memo/{name}", description=f"memo {name}")
        await self._journal.open()
        made: Any = None
        if not iscoroutinefunction(function) and self._journal.recorded() is None:
            # Nothing can come between: the value goes with the step.
            made = function(*args)
            if not isawaitable(made):
                step.value = to_json(made)
        pending = self._journal.begin(step)
        answer = await pending.answer
        if answer.HasField("value"):
            return from_json(answer.value)  # type: ignore[no-any-return]
        if step.HasField("value"):
            return from_json(step.value)  # type: ignore[no-any-return]
        made = function(*args) if made is None else made
        value = to_json(await made if isawaitable(made) else made)
        await self._journal.settle_memo(pending, step, value)
        return from_json(value)  # type: ignore[no-any-return]

    async def aio_patched(self, name: str) -> bool:
        """Whether to take a new way in code that has changed while runs of it are under way.

        Args:
            name: of the change.

        Returns:
            True for runs that come here for the first time, and all their attempts; False for those that passed here
            before the change.
        """
        known = self._patched.get(name)
        if known is not None:
            return known
        await self._journal.open()
        fingerprint = f"patch/{name}"
        recorded = self._journal.recorded()
        if recorded is not None and recorded.fingerprint != fingerprint:
            self._patched[name] = False
            return False
        step = DurableStep(kind=STEP_KIND_MEMO, fingerprint=fingerprint, description=f"patch {name}", value=b"true")
        await (await self._begin(step)).answer
        self._patched[name] = True
        return True

    # ---- waiting

    async def aio_sleep_for(self, duration: Duration, label: str | None = None) -> None:
        """Sleeps; a task that sleeps for long leaves its worker, and one whose worker dies sleeps no longer for that.

        Args:
            duration: how long: seconds, a timedelta, or text such as "90m".
            label: names the step for people.
        """
        await self.aio_wait_for(SleepCondition(duration), label=label)

    async def aio_sleep_until(self, wake_at: datetime, label: str | None = None) -> None:
        """Sleeps until a time; one that has passed is no sleep.

        Args:
            wake_at: the time, with its zone.
            label: names the step for people.

        Raises:
            ValueError: the time has no zone.
        """
        if wake_at.tzinfo is None:
            raise ValueError("wake_at: expected a time with its zone")
        condition = WaitCondition(key="sleep", sleep=max(0.0, wake_at.timestamp() - self._host.clock()))
        at = wake_at.astimezone(UTC).isoformat()
        await self._wait([condition], ["until", at], f"wait until {at}", label)

    async def aio_wait_for(
        self, *conditions: SleepCondition | UserEventCondition | OrGroup, label: str | None = None
    ) -> dict[str, Any]:
        """Waits until all conditions hold; of an `or_` group one is enough.

        Args:
            conditions: sleeps, events, and groups of them.
            label: names the step for people.

        Returns:
            The data of those that hold, by their keys: an event's payload.

        Raises:
            NonDeterminismError: the history holds another step here.
            RequestError: the server refused it: an expression that is none, for example.
            ValueError: there is no condition.
        """
        if not conditions:
            raise ValueError("conditions: expected at least one")
        messages: list[WaitCondition] = []
        words: list[str] = []
        now = self._host.clock()
        for group, each in enumerate(conditions):
            inner = each.conditions if isinstance(each, OrGroup) else (each,)
            found = [to_wait(one, group, self.client.qualify, now) for one in inner]
            messages += found
            words.append(" or ".join(words_of(one) for one in found))
        parts = [to_json([m.key, m.group, m.sleep, m.event_key, m.scope, m.expression]).decode() for m in messages]
        return await self._wait(messages, parts, f"wait for {', '.join(words)}", label)

    async def aio_wait_for_event(
        self,
        key: str,
        expression: str = "",
        *,
        scope: str = "",
        lookback_window: Duration | None = None,
        label: str | None = None,
    ) -> Any:
        """Waits for an event.

        Args:
            key: its key.
            expression: CEL over `input`, the event's payload; "" is true.
            scope: equal to the event's; "" for any.
            lookback_window: an event of so long ago counts, too; by default those to come.
            label: names the step for people.

        Returns:
            The event's payload.
        """
        since = since_of(lookback_window, self._host.clock())
        condition = WaitCondition(
            key="event", event_key=self.client.qualify(key), scope=scope, expression=expression, since=since
        )
        found = await self._wait([condition], ["event", key, scope, expression], f"wait for event {key}", label)
        return found["event"]

    async def _wait(
        self, conditions: Sequence[WaitCondition], parts: Sequence[str], description: str, label: str | None
    ) -> dict[str, Any]:
        from .execution.journal import settled_value

        step = DurableStep(
            kind=STEP_KIND_WAIT,
            fingerprint=digest(parts),
            description=description,
            label=label or "",
            conditions=conditions,
        )
        pending = await self._begin(step)
        await pending.answer
        found: dict[str, Any] = settled_value(await self._journal.outcome(pending))
        return found

    # ---- people and programs that speak to it

    async def aio_wait_for_signal(self, name: str, label: str | None = None) -> Any:
        """Waits for the next signal of a name; signals that came before are kept until they are waited for.

        Args:
            name: of the signal, as in `client.durable.signal(run_id, name, data)`.
            label: names the step for people.

        Returns:
            The data that was sent.
        """
        return (await self._next_message(name, f"signal {name}", label or ""))["data"]

    async def aio_wait_for_update(self, name: str) -> Update:
        """Waits for the next update of a name: a signal whose sender waits for `aio_reply`.

        Args:
            name: of the update, as in `client.durable.update(run_id, name, data)`.
        """
        found = await self._next_message(f"update/{name}", f"update {name}", "")
        return Update(found["id"], found["data"], found["by"])

    async def aio_reply(self, update: Update, value: Any) -> None:
        """Answers an update.

        Args:
            update: the one that was waited for.
            value: the answer; anything that JSON can hold.
        """
        await self._record_value(f"reply/{update.id}", "reply", value)

    async def aio_publish(self, name: str, value: Any) -> None:
        """Makes a value of the task known to those who ask: `client.durable.query(run_id, name)` gives the last one.

        Args:
            name: what they ask for.
            value: anything that JSON can hold.
        """
        await self._record_value(f"state/{name}", f"publish {name}", value)

    async def aio_wait_for_approval(
        self, key: str, *, title: str = "", within: Duration | None = None
    ) -> Approval | None:
        """Waits until a person says yes or no: by a link, `mattock approve`, or `client.durable.approve`.

        Args:
            key: names it among the approvals of the task.
            title: what is asked.
            within: for how long to wait at most; by default without end.

        Returns:
            What they decided; None if nobody did in time.
        """
        found = await self._next_message(f"approval/{key}", title or f"approval {key}", f"approval:{key}", within)
        if not found:
            return None
        data = found["data"]
        at = datetime.fromtimestamp(found["at"], UTC)
        return Approval(bool(data["approved"]), found["by"], at, data.get("comment", ""), data.get("value"))

    async def _next_message(
        self, name: str, description: str, label: str, within: Duration | None = None
    ) -> dict[str, Any]:
        last = self._spoken.get(name, "")
        expression = f'input.id > "{last}"'
        # Not from the start: of a task that hears many, each would be looked at again for each that follows.
        since = ms_of(last) / 1000 if last else 1.0
        message = WaitCondition(
            key="message", event_key=f"{SIGNAL_PREFIX}{self.task_id}/{name}", scope=self.task_id, since=since
        )
        message.expression = expression
        conditions = [message]
        if within is not None:
            conditions.append(WaitCondition(key="sleep", sleep=to_seconds(within, "within")))
        parts = ["message", name, expression, str(within)]
        found = (await self._wait(conditions, parts, description, label)).get("message")
        if found is None:
            return {}
        self._spoken[name] = found["id"]
        return dict(found)

    async def _record_value(self, fingerprint: str, description: str, value: Any) -> None:
        step = DurableStep(kind=STEP_KIND_MEMO, fingerprint=fingerprint, description=description, value=to_json(value))
        await (await self._begin(step)).answer

    # ---- for runnables

    async def _begin_child(self, item: TriggerItem) -> Pending:
        """A run that this task starts is a step of it."""
        step = DurableStep(
            kind=STEP_KIND_RUN,
            fingerprint=digest((item.workflow, item.input.decode())),
            description=f"run {item.workflow}",
            item=item,
        )
        return await self._begin(step)

    async def _child_result(self, pending: Pending, task_names: Sequence[str], alone: bool) -> RunResult:
        """The result of a child run.

        Args:
            pending: its step.
            task_names: of its workflow's tasks.
            alone: its run is its one task.
        """
        answer = await pending.answer
        outcome = await self._journal.outcome(pending)
        return result_of(answer.child_run_id, outcome, task_names, alone)

    async def _begin(self, step: DurableStep) -> Pending:
        await self._journal.open()
        return self._journal.begin(step)
