"""CPU and memory of process trees, from /proc."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

Roots = Mapping[str, Iterable[int]]


@dataclass(frozen=True)
class _Process:
    parent: int
    ticks: int
    pages: int


def _scan() -> dict[int, _Process]:
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except OSError:
            # It ended while we were looking.
            continue
        # The name may hold anything, so what follows its last bracket is what can be split.
        field = text.rpartition(")")[2].split()
        # utime, stime, and both again of the children that have ended: so a tree's sum never falls.
        found[int(entry.name)] = _Process(int(field[1]), sum(map(int, field[11:15])), int(field[21]))
    return found


def _trees(table: Mapping[int, _Process], roots: Roots) -> dict[str, list[int]]:
    """The processes of each group: each root with all below it, but for those that are another group's roots."""
    children: dict[int, list[int]] = {}
    for pid, process in table.items():
        children.setdefault(process.parent, []).append(pid)
    every = {pid for pids in roots.values() for pid in pids}
    found: dict[str, list[int]] = {}
    for group, pids in roots.items():
        todo, members = [pid for pid in pids if pid in table], []
        while todo:
            pid = todo.pop()
            members.append(pid)
            todo += [child for child in children.get(pid, ()) if child not in every]
        found[group] = members
    return found


def cpu_seconds(roots: Roots) -> dict[str, float]:
    """Seconds of CPU (user and system) that each group of process trees has used so far."""
    table = _scan()
    trees = _trees(table, roots)
    return {group: sum(table[pid].ticks for pid in pids) / _TICKS for group, pids in trees.items()}


def memory_mib(roots: Roots) -> dict[str, float]:
    """Resident memory of each group of process trees, in MiB."""
    table = _scan()
    trees = _trees(table, roots)
    return {group: sum(table[pid].pages for pid in pids) * _PAGE / 2**20 for group, pids in trees.items()}


class Peak:
    """The highest resident memory of one group while the `with` block runs.

    Args:
        look: gives the memory now, in MiB.
        seconds: between two looks.
    """

    def __init__(self, look: Callable[[], float], seconds: float = 0.5) -> None:
        self.mib = 0.0
        self._look = look
        self._seconds = seconds
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while True:
            self.mib = max(self.mib, self._look())
            if self._end.wait(self._seconds):
                return

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
