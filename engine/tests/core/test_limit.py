"""Rate limits: what a window gives, that of each length; and limits that are changed in the midst of one."""

from __future__ import annotations

import pytest
from mattock_engine.core import command as c
from mattock_engine.core.definition import RateDefinition
from mattock_engine.core.limit import WINDOWS, RateLimit, RateRow
from mattock_engine.core.status import Status

from .tenancy import Tenancy, sole

DAY = 86_400.0
LENGTHS = {"SECOND": 1.0, "MINUTE": 60.0, "HOUR": 3600.0, "DAY": DAY, "WEEK": 7 * DAY, "MONTH": 30 * DAY}
LENGTHS["YEAR"] = 365 * DAY


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


@pytest.mark.parametrize("window", LENGTHS)
@pytest.mark.parametrize("dies", [False, True], ids=["", "dies"])
def test_a_window_of_each_length(window: str, dies: bool) -> None:
    """Three pass at once, none until the window is over, then three more; an engine that dies changes nothing."""
    assert WINDOWS[window] == LENGTHS[window]
    length = LENGTHS[window]
    tenancy = Tenancy(sole("rest"))
    tenancy.apply(c.PutRateLimit("mails", 3, WINDOWS[window]))
    definition = sole("mail", task={"rates": (RateDefinition(key="mails"),), "schedule_timeout": 10 * length})
    tenancy.apply(c.PutWorkflow(definition, "id-of-mail", tenancy.new_id()))
    tenancy.actions.append("mail:mail")
    began = tenancy.now
    runs = tenancy.trigger_many("mail", [{}] * 8)
    tenancy.serve(100)
    for since, count in ((0.0, 3), (0.999 * length, 3), (1.01 * length, 6), (2.0 * length, 6), (2.03 * length, 8)):
        if dies:
            tenancy.die()
        tenancy.now = began + since
        # The worker was away; what it has done by now, it tells.
        tenancy.serve(100)
        tenancy.apply(c.Tick())
        tenancy.drain()
        ended = [run_id for run_id in runs if tenancy.status(run_id) == Status.COMPLETED]
        assert ended == runs[:count], f"after {since / length:g} of the window"
    assert tenancy.store.rates["mails"].value == 1


@pytest.mark.parametrize("dies", [False, True], ids=["", "dies"])
def test_units_and_keys(dies: bool) -> None:
    """Exactly as many units as may; a key that has none left holds back its own tasks alone."""
    rate = RateDefinition(
        key_expression="input.key", units_expression="input.units", limit_expression="10", window=3600.0
    )
    tenancy = Tenancy(sole("call", task={"rates": (rate,), "schedule_timeout": 10_000.0}))
    tenancy.serve(1000)
    first = tenancy.trigger_many("call", [{"key": "a", "units": units} for units in (4, 4, 4)])
    if dies:
        tenancy.die()
    more = tenancy.trigger_many("call", [{"key": "a", "units": 2}, {"key": "a", "units": 1}, {"key": "b", "units": 10}])
    assert sorted(set(tenancy.started)) == sorted([first[0], first[1], more[0], more[2]])
    assert tenancy.reason(first[2]) == tenancy.reason(more[1]) == "rate limit 'a'"
    assert {key: row.value for key, row in tenancy.store.rates.items()} == {"a": 0, "b": 0}
