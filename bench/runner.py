"""Runs the workloads on the systems, in turn, round by round."""

from __future__ import annotations

import shutil
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from .plan import Plan
from .result import Entry, Results, describe_machine
from .statistic import median
from .systems import SYSTEMS, System
from .workloads import WORKLOADS, Workload

# What a workload without rounds of its own does in every round.
_ONCE = 1


class Runner:
    """One benchmark.

    Args:
        results: where entries go; saved after each.
        path: where to.
        plan: the sizes.
        keep: keep the folders of what failed.
    """

    def __init__(self, results: Results, path: Path, plan: Plan, keep: bool) -> None:
        self._results = results
        self._path = path
        self._plan = plan
        self._keep = keep
        self._new: dict[tuple[str, str], Entry] = {}

    def run(self, workloads: Sequence[str], systems: Sequence[str]) -> int:
        """Measures.

        Returns:
            How many measurements failed.
        """
        self._results.machine = describe_machine()
        missing = {name: SYSTEMS[name].missing() for name in systems}
        for name in systems:
            self._describe(name, missing[name])
        failed = 0
        for number, workload, name in self._order(workloads, systems):
            self._results.workloads[workload.name] = workload.how(self._plan)
            entry = self._new.setdefault((workload.name, name), Entry())
            reason = missing[name] or SYSTEMS[name].absent.get(workload.name, "")
            if reason:
                entry.reason = reason
                print(f"{workload.name:<11} {name:<14} absent: {reason}", flush=True)
            else:
                failed += not self._measure(number, workload, name, entry)
            self._results.put(workload.name, name, entry)
            self._results.save(self._path)
        return failed

    def _order(self, workloads: Sequence[str], systems: Sequence[str]) -> Iterator[tuple[int, Workload, str]]:
        """The systems take turns within each workload, so that what the machine does beside hits all of them."""
        for number in range(1, self._plan.rounds + 1):
            for workload in (WORKLOADS[name] for name in workloads):
                if number > _ONCE and workload.long:
                    continue
                for name in systems:
                    if workload.only and name not in workload.only:
                        continue
                    absent = SYSTEMS[name].absent.get(workload.name) or self._results.systems[name].get("missing")
                    if number == 1 or not absent:
                        yield number, workload, name

    def _measure(self, number: int, workload: Workload, name: str, entry: Entry) -> bool:
        folder = Path(tempfile.mkdtemp(prefix="mattock-bench-"))
        # Postgres runs as a user of its own when this is root.
        folder.chmod(0o755)
        made: list[Path] = []

        def make() -> System:
            made.append(folder / str(len(made)))
            made[-1].mkdir()
            return SYSTEMS[name](made[-1])

        began, good = time.monotonic(), False
        try:
            values = workload.measure(make, self._plan)
            good, entry.reason = True, ""
        except Exception as error:
            entry.reason = f"failed: {type(error).__name__}: {error}"[:600]
            print(f"{workload.name:<11} {name:<14} {entry.reason}", flush=True)
            if self._keep:
                traceback.print_exc()
            return False
        finally:
            if good or not self._keep:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                print(f"kept: {folder}", flush=True)
        for key, value in values.items():
            entry.samples.setdefault(key, []).append(round(value, 6))
        print(_line(number, workload, name, values, time.monotonic() - began), flush=True)
        return True

    def _describe(self, name: str, missing: str) -> None:
        system = SYSTEMS[name]
        self._results.systems[name] = {
            "title": system.title,
            "setup": system.setup,
            "durability": system.durability,
            "version": "" if missing else system.version(),
            "missing": missing,
        }

    def medians(self) -> dict[tuple[str, str], dict[str, float]]:
        """The medians of this benchmark alone."""
        return {
            key: {figure: median(values) for figure, values in entry.samples.items()}
            for key, entry in self._new.items()
        }


def _line(number: int, workload: Workload, name: str, values: dict[str, float], seconds: float) -> str:
    parts = [
        f"{figure.title} {figure.text(values[figure.key])}{' ' + figure.unit if figure.unit not in ('1/s', '') else ''}"
        for figure in workload.figures
        if figure.key in values
    ]
    return f"{workload.name:<11} {name:<14} round {number} ({seconds:.0f} s): " + "; ".join(parts)
