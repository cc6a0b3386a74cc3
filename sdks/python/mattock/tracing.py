"""Where the SDK can be traced: hooks that do nothing until `instrument` (`otel.py`) is called."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from pydantic_core import from_json, to_json

from ._contracts.session_pb2 import TriggerItem

if TYPE_CHECKING:
    from .context import Context

KEY = "traceparent"
NOTHING: AbstractContextManager[Any] = nullcontext()


class Instrument(Protocol):
    """What is told of triggers and tasks."""

    def trigger(self, item: TriggerItem, parent: Context | None) -> None:
        """A run is about to be started, by a task or by nobody."""

    def event(self, key: str, metadata: dict[str, Any]) -> None:
        """An event is about to be pushed; its metadata can be added to."""

    def task(self, contexts: Sequence[Context]) -> AbstractContextManager[Any]:
        """An attempt runs for the time of a block; of a batch: all of them."""


active: Instrument | None = None


def trace_trigger(item: TriggerItem, parent: Context | None) -> None:
    """A run is about to be started: it is told its place in the trace, if there is one."""
    if active is not None:
        active.trigger(item, parent)
    elif parent is not None and parent._assignment.traceparent:
        put_traceparent(item, parent._assignment.traceparent)


def trace_task(*contexts: Context) -> AbstractContextManager[Any]:
    """An attempt (or a batch) runs for the time of a block."""
    return NOTHING if active is None else active.task(contexts)


def put_traceparent(item: TriggerItem, traceparent: str) -> None:
    """Tells a run its place in a trace, unless the caller has."""
    metadata = from_json(item.metadata) if item.metadata else {}
    if isinstance(metadata, dict) and KEY not in metadata:
        item.metadata = to_json({**metadata, KEY: traceparent})
