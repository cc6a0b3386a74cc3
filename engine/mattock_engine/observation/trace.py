"""Where a run stands in a trace: what its metadata says (W3C trace context), and the ids of the engine's own spans.

The engine's spans have ids that follow from what they are of. So they can be named before they are over: an attempt
knows its parent span while it runs.
"""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from typing import NamedTuple

KEY = "traceparent"
_form = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?").fullmatch
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


class Place(NamedTuple):
    """A place in a trace: its id, the span above ("" for none), and whether it is sampled. Ids are lower-case hex."""

    trace_id: str
    span_id: str
    sampled: bool


def parse(text: str) -> Place | None:
    """A place from a `traceparent`; None if it is none."""
    match = _form(text.strip().lower())
    if match is None or match[1] == _NO_TRACE or match[2] == _NO_SPAN:
        return None
    return Place(match[1], match[2], bool(int(match[3], 16) & 1))


def place_of(metadata: str) -> Place | None:
    """Where a run stands by its metadata (JSON text); None if that does not say it."""
    if KEY not in metadata:
        return None
    found = json.loads(metadata).get(KEY)
    return parse(found) if isinstance(found, str) else None


def own_place(run_id: str) -> Place:
    """Where a run stands that nobody has put anywhere: in a trace of its own, named as the run."""
    return Place(run_id.replace("-", ""), "", True)


def run_span(run_id: str) -> str:
    """Id of the span of a run."""
    return _digest("run", run_id)


def task_span(task_id: str) -> str:
    """Id of the span of a task: all its attempts."""
    return _digest("task", task_id)


def queued_span(task_id: str) -> str:
    """Id of the span of a task's wait."""
    return _digest("queued", task_id)


def traceparent_of(run_id: str, task_id: str, metadata: str) -> str:
    """The `traceparent` of what an attempt does."""
    place = place_of(metadata) or own_place(run_id)
    return f"00-{place.trace_id}-{task_span(task_id)}-{'01' if place.sampled else '00'}"


def _digest(kind: str, text: str) -> str:
    return blake2b(f"{kind}/{text}".encode(), digest_size=8).hexdigest()
