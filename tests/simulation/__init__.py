"""The core in a simulated world: seeded random commands, crashes between any two steps, lost and repeated messages.

`python -m tests.simulation --seed N --steps M` replays one seed, step by step.
"""
