"""Ids: UUIDs of version 7 that sort by when they were made."""

from __future__ import annotations

import time
import uuid

import pytest
from mattock_engine import identity
from mattock_engine.identity import new_id


def test_ids_sort_by_when_they_were_made_within_a_millisecond_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a millisecond's counter holds, with a clock that is set back in their midst."""
    clock = [2_000_000_000_000_000_000]
    monkeypatch.setattr(time, "time_ns", lambda: clock[0])
    monkeypatch.setattr(identity, "_last", 0)
    ids = [new_id() for _ in range(5000)]
    clock[0] -= 10**9
    ids += [new_id() for _ in range(5000)]
    clock[0] += 2 * 10**9
    ids.append(new_id())
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert all(uuid.UUID(each).version == 7 and uuid.UUID(each).variant == uuid.RFC_4122 for each in ids)


def test_an_id_begins_with_its_time_in_ms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_234_567_890_123_456_789)
    monkeypatch.setattr(identity, "_last", 0)
    assert uuid.UUID(new_id()).int >> 80 == 1_234_567_890_123
