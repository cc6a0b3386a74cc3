"""The orders of queues, by the order in which tasks start; also if the engine dies while they wait."""

from __future__ import annotations

from typing import Any

import pytest
from mattock_engine.core.definition import ConcurrencyDefinition, WorkflowDefinition
from mattock_engine.core.status import QueueOrder, Strategy

from .tenancy import Tenancy, sole

# As keys take turns: so many of each may run.
MANY = 2**31 - 1
TURNS = ConcurrencyDefinition("input.key", MANY, Strategy.GROUP_ROUND_ROBIN)


@pytest.fixture(params=[False, True], ids=["", "dies"])
def dies(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def order_of(definition: WorkflowDefinition, runs: list[tuple[Any, int]], dies: bool) -> list[Any]:
    """The keys of runs with a key and a priority each, which come a second apart, as one slot serves them."""
    tenancy = Tenancy(definition)
    keys = {}
    for key, priority in runs:
        keys[tenancy.trigger(definition.name, {"key": key}, priority=priority)] = key
        tenancy.wait(1.0)
    if dies:
        tenancy.die()
    tenancy.serve(1)
    return [keys[run_id] for run_id in tenancy.drain()]


def test_the_first_goes_first(dies: bool) -> None:
    assert order_of(sole("fifo"), [(n, 1) for n in range(50)], dies) == list(range(50))


def test_the_last_goes_first(dies: bool) -> None:
    found = order_of(sole("lifo", queue_order=QueueOrder.LIFO), [(n, 1) for n in range(50)], dies)
    assert found == list(range(49, -1, -1))


def test_the_last_of_the_highest_priority_goes_first(dies: bool) -> None:
    runs = [("a", 1), ("b", 3), ("c", 3), ("d", 1)]
    assert order_of(sole("lifo", queue_order=QueueOrder.LIFO), runs, dies) == ["c", "b", "d", "a"]


def test_keys_take_turns(dies: bool) -> None:
    found = order_of(sole("turns", concurrency=(TURNS,)), [(key, 1) for key in "aaaabbc"], dies)
    # Who begins is not said after a death; each has its turn before one has another.
    assert sorted(found[:3]) == ["a", "b", "c"]
    assert sorted(found[3:5]) == ["a", "b"]
    assert found[5:] == ["a", "a"]
    if not dies:
        assert "".join(found) == "abcabaa"


def test_the_highest_priority_goes_first(dies: bool) -> None:
    runs = [("a", 1), ("b", 2), ("c", 3), ("d", 2), ("e", 3), ("f", 1)]
    assert order_of(sole("priority"), runs, dies) == ["c", "e", "b", "d", "a", "f"]


def test_a_priority_is_worth_a_time_of_waiting(dies: bool) -> None:
    """With ageing of 10 s, one that is two higher overtakes those of the last 20 s, and no others."""
    runs: list[tuple[Any, int]] = [("low", 1), *((n, 3) for n in range(30))]
    found = order_of(sole("aged", priority_ageing=10.0), runs, dies)
    # They come a second apart: the first twenty-odd overtake it, those after 20 s do not.
    assert found.index("low") in (19, 20)
    assert [each for each in found if each != "low"] == list(range(30))
    assert order_of(sole("unaged"), runs, dies)[-1] == "low"
