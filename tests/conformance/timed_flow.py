"""Workflows that the clock starts, and the worker that runs them (`python -m tests.conformance.timed_flow`)."""

from __future__ import annotations

from typing import Any

from hatchet_sdk import Context, EmptyModel, Hatchet
from pydantic import BaseModel


class Note(BaseModel):
    text: str = ""


class TimedFlows:
    """All workflows."""

    def __init__(self, hatchet: Hatchet) -> None:
        self.hatchet = hatchet

        @hatchet.task(name="every-second", on_crons=["* * * * * *"])
        async def every_second(of: EmptyModel, ctx: Context) -> dict[str, Any]:
            return {"metadata": ctx.additional_metadata}

        @hatchet.task(name="timed", input_validator=Note)
        async def timed(of: Note, ctx: Context) -> dict[str, Any]:
            return {"text": of.text, "metadata": ctx.additional_metadata, "priority": ctx.priority}

        self.every_second, self.timed = every_second, timed

    @property
    def all(self) -> list[Any]:
        """What the worker runs."""
        return [self.every_second, self.timed]


def main() -> None:
    """Runs the worker."""
    hatchet = Hatchet()
    hatchet.worker("timed", workflows=TimedFlows(hatchet).all).start()


if __name__ == "__main__":
    main()
