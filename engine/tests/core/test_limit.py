"""Rate limits that are changed in the midst of a window."""

from __future__ import annotations

from mattock_engine.core.limit import RateLimit, RateRow


def used(limit: int, units: int) -> RateLimit:
    """A limit of so many units in 60 s, of which some were taken at second 100."""
    found = RateLimit(RateRow(key="mails", limit=limit, window=60.0, value=limit))
    found.take("", units, 100.0)
    return found


def test_a_higher_limit_leaves_more_at_once() -> None:
    limit = used(3, 3)
    assert limit.left(110.0) == 0
    limit.change(10, 60.0)
    assert limit.left(110.0) == 7
    assert limit.left(160.0) == 10


def test_of_a_lower_limit_never_more_than_itself_is_left() -> None:
    limit = used(10, 5)
    limit.change(3, 60.0)
    assert limit.left(110.0) == 3
    assert limit.left(160.0) == 3
    limit = used(10, 9)
    limit.change(3, 60.0)
    assert limit.left(110.0) == 1


def test_the_same_limit_changes_nothing() -> None:
    limit = used(10, 4)
    limit.change(10, 60.0)
    assert limit.left(110.0) == 6
