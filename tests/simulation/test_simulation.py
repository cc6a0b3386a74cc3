"""The core keeps its promises through 100 000 random steps with crashes between them."""

from __future__ import annotations

import pytest

from .script import simulate
from .setup import small_windows

SEEDS = 250
STEPS = 400
CHUNK = 25


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
@pytest.mark.timeout(600)
def test_guarantees_hold_after_each_step(first: int) -> None:
    with small_windows():
        crashes = sum(simulate(seed, STEPS).crashes for seed in range(first, first + CHUNK))
    assert crashes > 0
