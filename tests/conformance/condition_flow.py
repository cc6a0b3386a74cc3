"""Workflows with conditions, and the worker that runs them (`python -m tests.conformance.condition_flow`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hatchet_sdk import Context, DurableContext, Hatchet, ParentCondition, SleepCondition, UserEventCondition, or_
from pydantic import BaseModel

from tests.conformance.flow import Number

LONG = timedelta(hours=1)
SHORT = timedelta(seconds=1)


class Named(BaseModel):
    """`name` tells this run's events from those of others."""

    name: str


class ConditionFlows:
    """All workflows.

    Attributes:
        midst: what happens to the engine in the midst of a test (see `midst`); set by each.
    """

    midst: Any

    def __init__(self, hatchet: Hatchet) -> None:
        self.hatchet = hatchet
        self._branches()
        self._waits()
        self._looks_back()
        self._groups()
        self._of_all_kinds()

    def _branches(self) -> None:
        self.branches = branches = self.hatchet.workflow(name="branches", input_validator=Number)

        @branches.task()
        async def start(of: Number, ctx: Context) -> dict[str, int]:
            return {"n": of.n}

        large = ParentCondition(parent=start, expression="output.n > 50")
        small = ParentCondition(parent=start, expression="output.n <= 50")

        @branches.task(parents=[start], skip_if=[large])
        async def for_small(of: Number, ctx: Context) -> dict[str, str]:
            return {"branch": "small"}

        @branches.task(parents=[start], skip_if=[small])
        async def for_large(of: Number, ctx: Context) -> dict[str, str]:
            return {"branch": "large"}

        @branches.task(parents=[for_small])
        async def after_small(of: Number, ctx: Context) -> dict[str, str]:
            return {"after": "small"}

        @branches.task(parents=[for_small, for_large])
        async def join(of: Number, ctx: Context) -> dict[str, bool]:
            return {"small": not ctx.was_skipped(for_small), "large": not ctx.was_skipped(for_large)}

        @branches.task(parents=[start], cancel_if=[ParentCondition(parent=start, expression="output.n == 0")])
        async def not_for_zero(of: Number, ctx: Context) -> dict[str, str]:
            return {"ran": "yes"}

    def _looks_back(self) -> None:
        """A wait for an event that may have come before: the time is that of the registration."""
        self.late = late = self.hatchet.workflow(name="came-before", input_validator=Named)

        @late.task()
        async def prepare(of: Named, ctx: Context) -> dict[str, str]:
            return {"name": of.name}

        paid = UserEventCondition(
            event_key="late:paid",
            expression="input.n > 5",
            scope="late",
            consider_events_since=datetime.now(UTC) - timedelta(hours=1),
            readable_data_key="paid",
        )

        @late.task(parents=[prepare], wait_for=[paid])
        async def deliver(of: Named, ctx: Context) -> dict[str, Any]:
            return {"data": ctx.trigger_data["paid"]}

        old = UserEventCondition(
            event_key="late:old", scope="late", consider_events_since=datetime.now(UTC) + timedelta(hours=1)
        )

        @late.task(parents=[prepare], wait_for=[or_(old, SleepCondition(SHORT, readable_data_key="nap"))])
        async def give_up(of: Named, ctx: Context) -> dict[str, Any]:
            return {"data": ctx.trigger_data["nap"]}

    def _waits(self) -> None:
        self.sleeper = sleeper = self.hatchet.workflow(name="sleeper")

        @sleeper.task(wait_for=[SleepCondition(SHORT, readable_data_key="nap")])
        async def after_nap(of: Any, ctx: Context) -> dict[str, Any]:
            return {"data": ctx.trigger_data["nap"]}

        self.race = race = self.hatchet.workflow(name="race", input_validator=Named)

        @race.task()
        async def first(of: Named, ctx: Context) -> dict[str, str]:
            return {"name": of.name}

        event = UserEventCondition(event_key="race:go", expression="input.n > 5", scope="races", readable_data_key="go")

        @race.task(parents=[first], wait_for=[or_(SleepCondition(LONG), event)])
        async def goes(of: Named, ctx: Context) -> dict[str, Any]:
            return {"data": ctx.trigger_data["go"]}

        stop = UserEventCondition(event_key="race:stop", scope="races")

        @race.task(parents=[first], wait_for=[SleepCondition(LONG)], cancel_if=[stop])
        async def stopped(of: Named, ctx: Context) -> dict[str, Any]:
            return {}

        leave_out = UserEventCondition(event_key="race:skip", scope="races")

        @race.task(parents=[first], wait_for=[SleepCondition(LONG)], skip_if=[leave_out])
        async def left_out(of: Named, ctx: Context) -> dict[str, Any]:
            return {}

    def _groups(self) -> None:
        """Several groups of one action: all must hold."""
        self.groups = groups = self.hatchet.workflow(name="groups", input_validator=Named)

        @groups.task()
        async def head(of: Named, ctx: Context) -> dict[str, str]:
            return {"name": of.name}

        def event(name: str) -> UserEventCondition:
            return UserEventCondition(event_key=f"groups:{name}", scope="groups", readable_data_key=name)

        @groups.task(parents=[head], wait_for=[or_(SleepCondition(LONG), event("a")), event("b")])
        async def waits(of: Named, ctx: Context) -> dict[str, Any]:
            return {"a": ctx.trigger_data["a"], "b": ctx.trigger_data["b"]}

        never = UserEventCondition(event_key="groups:never", scope="groups")

        @groups.task(parents=[head], wait_for=[never], skip_if=[or_(SleepCondition(LONG), event("a")), event("b")])
        async def left_out(of: Named, ctx: Context) -> dict[str, Any]:
            return {}

        @groups.task(parents=[head], wait_for=[never], cancel_if=[event("a"), or_(SleepCondition(LONG), event("b"))])
        async def stopped(of: Named, ctx: Context) -> dict[str, Any]:
            return {}

    def _of_all_kinds(self) -> None:
        """A wait for a parent's output; sleeps that leave out or cancel; conditions of durable tasks."""
        self.kinds = kinds = self.hatchet.workflow(name="condition-kinds", input_validator=Number)

        @kinds.task()
        async def head(of: Number, ctx: Context) -> dict[str, int]:
            return {"n": of.n}

        large = ParentCondition(parent=head, expression="output.n > 50", readable_data_key="large")
        small = ParentCondition(parent=head, expression="output.n <= 50")
        long, short = SleepCondition(LONG), SleepCondition(SHORT)

        @kinds.task(parents=[head], wait_for=[or_(large, SleepCondition(SHORT, readable_data_key="nap"))])
        async def after_large(of: Number, ctx: Context) -> dict[str, Any]:
            return {"by": sorted(ctx.trigger_data.keys() - {"filter_payload"})}

        @kinds.task(parents=[head], wait_for=[long], skip_if=[short])
        async def left_out(of: Number, ctx: Context) -> dict[str, Any]:
            return {}

        @kinds.durable_task(parents=[head], wait_for=[short], skip_if=[small])
        async def durable_large(of: Number, ctx: DurableContext) -> dict[str, bool]:
            return {"ran": True}

        self.stops = stops = self.hatchet.workflow(name="stopped-by-sleep", input_validator=Number)

        @stops.task()
        async def first(of: Number, ctx: Context) -> dict[str, int]:
            return {"n": of.n}

        @stops.task(parents=[first], wait_for=[SleepCondition(LONG)], cancel_if=[SleepCondition(SHORT)])
        async def stopped(of: Number, ctx: Context) -> dict[str, Any]:
            return {}

        zero = ParentCondition(parent=first, expression="output.n == 0")

        @stops.durable_task(parents=[first], cancel_if=[zero])
        async def durable_stopped(of: Number, ctx: DurableContext) -> dict[str, Any]:
            return {}

    @property
    def all(self) -> list[Any]:
        """What the worker runs."""
        return [self.branches, self.sleeper, self.race, self.late, self.groups, self.kinds, self.stops]


def main() -> None:
    """Runs the worker."""
    hatchet = Hatchet()
    hatchet.worker("conditions", workflows=ConditionFlows(hatchet).all).start()


if __name__ == "__main__":
    main()
