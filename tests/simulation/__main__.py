"""Replays one seed: `python -m tests.simulation --seed N --steps M [--trace]`."""

from __future__ import annotations

import argparse

from .script import simulate
from .setup import small_windows
from .world import World


def main() -> None:
    """Runs the seed and says how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--trace", action="store_true", help="print each command")
    options = parser.parse_args()
    with small_windows():
        world = simulate(options.seed, options.steps, World(options.seed, trace=print if options.trace else None))
    print(f"seed {options.seed}: {len(world.store.finished)} runs and tasks, {world.crashes} crashes, all well")


main()
