"""The DAG of 10 tasks that every system runs: 1, 3, 3, 2, 1 tasks in layers, 15 edges."""

from __future__ import annotations

PARENTS: dict[str, tuple[str, ...]] = {
    "a": (),
    "b1": ("a",),
    "b2": ("a",),
    "b3": ("a",),
    "c1": ("b1", "b2"),
    "c2": ("b2", "b3"),
    "c3": ("b1", "b3"),
    "d1": ("c1", "c2"),
    "d2": ("c2", "c3"),
    "e": ("d1", "d2"),
}
# For systems that know layers (chains of groups), not edges.
LAYERS = (1, 3, 3, 2, 1)
