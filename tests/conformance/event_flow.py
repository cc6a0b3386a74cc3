"""Workflows that events start, and the worker that runs them (`python -m tests.conformance.event_flow`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchet_sdk import Context, DefaultFilter, Hatchet
from pydantic import BaseModel


class Order(BaseModel):
    folder: str
    number: int = 0


def note(of: Order, ctx: Context, text: str) -> dict[str, Any]:
    """Leaves a file for the test, and says what started it."""
    Path(of.folder, f"{text}-{of.number}").touch()
    return {
        "number": of.number,
        "filter": ctx.filter_payload,
        "by_event": ctx.was_triggered_by_event,
        "priority": ctx.priority,
    }


class EventFlows:
    """All workflows."""

    def __init__(self, hatchet: Hatchet) -> None:
        self.hatchet = hatchet

        @hatchet.task(name="on-created", on_events=["order:created"], input_validator=Order)
        async def on_created(of: Order, ctx: Context) -> dict[str, Any]:
            return note(of, ctx, "created")

        @hatchet.task(name="on-any-order", on_events=["order:*"], input_validator=Order)
        async def on_any_order(of: Order, ctx: Context) -> dict[str, Any]:
            return note(of, ctx, "any")

        large = DefaultFilter(expression="input.number >= payload.least", scope="shop", payload={"least": 100})

        @hatchet.task(name="on-large", on_events=["sale"], input_validator=Order, default_filters=[large])
        async def on_large(of: Order, ctx: Context) -> dict[str, Any]:
            return note(of, ctx, "large")

        @hatchet.task(name="on-filtered", on_events=["filtered"], input_validator=Order)
        async def on_filtered(of: Order, ctx: Context) -> dict[str, Any]:
            return note(of, ctx, "filtered")

        self.on_created, self.on_any_order, self.on_large, self.on_filtered = (
            on_created,
            on_any_order,
            on_large,
            on_filtered,
        )

    @property
    def all(self) -> list[Any]:
        """What the worker runs."""
        return [self.on_created, self.on_any_order, self.on_large, self.on_filtered]


def main() -> None:
    """Runs the worker."""
    hatchet = Hatchet()
    hatchet.worker("events", workflows=EventFlows(hatchet).all).start()


if __name__ == "__main__":
    main()
