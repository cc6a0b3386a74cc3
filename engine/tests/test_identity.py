"""Ids: UUIDs of version 7 that sort by when they were made."""

from __future__ import annotations

import uuid

from mattock_engine.identity import Ids, new_id

NOW = 2_000_000_000_000


def test_ids_sort_by_when_they_were_made_within_a_millisecond_too() -> None:
    """More than a millisecond's counter holds, with a clock that is set back in their midst."""
    ids = Ids()
    made = [ids.make(NOW) for _ in range(5000)]
    made += [ids.make(NOW - 1000) for _ in range(5000)]
    made.append(ids.make(NOW + 1000))
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(uuid.UUID(each).version == 7 and uuid.UUID(each).variant == uuid.RFC_4122 for each in made)


def test_an_id_begins_with_its_time_in_ms() -> None:
    assert uuid.UUID(Ids().make(NOW)).int >> 80 == NOW
    first, second = new_id(), new_id()
    assert first < second
