"""What was measured: samples by workload, system and figure, kept as JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .program import ROOT
from .statistic import median

FOLDER = Path(__file__).resolve().parent / "results"
# The results that the page begins with; what those of other machines are called, before their own name.
FIRST, OTHER = "results.json", "machine-"


@dataclass
class Entry:
    """One workload on one system.

    Attributes:
        samples: values of each figure, one a round.
        reason: why there are none; "" otherwise.
        measured_at: when, UTC.
        commit: of the project; ends with "+" if there were changes beside it.
    """

    samples: dict[str, list[float]] = field(default_factory=dict)
    reason: str = ""
    measured_at: str = ""
    commit: str = ""

    def value(self, key: str) -> float | None:
        """The median of a figure; None if it was not measured."""
        samples = self.samples.get(key)
        return median(samples) if samples else None


@dataclass
class Results:
    """All entries, with what is said of the machine and the systems.

    Attributes:
        machine: what it was measured on.
        systems: title, version, set-up and durability of each system.
        workloads: what each workload did.
        entries: by workload, then system.
    """

    machine: dict[str, str] = field(default_factory=dict)
    systems: dict[str, dict[str, str]] = field(default_factory=dict)
    workloads: dict[str, str] = field(default_factory=dict)
    entries: dict[str, dict[str, Entry]] = field(default_factory=dict)

    def entry(self, workload: str, system: str) -> Entry | None:
        """One entry, if there is one."""
        return self.entries.get(workload, {}).get(system)

    def put(self, workload: str, system: str, entry: Entry) -> None:
        """Puts an entry in the place of an older one."""
        entry.measured_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
        entry.commit = _commit()
        self.entries.setdefault(workload, {})[system] = entry

    def save(self, path: Path) -> None:
        """Writes them, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".tmp")
        part.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", "utf-8")
        part.replace(path)


def load(path: Path) -> Results:
    """Reads earlier results; empty ones if there are none."""
    if not path.exists():
        return Results()
    found = json.loads(path.read_text("utf-8"))
    entries = {
        workload: {system: Entry(**entry) for system, entry in systems.items()}
        for workload, systems in found.pop("entries").items()
    }
    return Results(**found, entries=entries)


def others() -> list[Path]:
    """The results of other machines, which the page shows after those of the first."""
    return sorted(FOLDER.glob(f"{OTHER}*.json"))


def describe_machine() -> dict[str, str]:
    """Processor, memory, kernel and Python of this machine, and how long a loop of the latter takes."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": f"{cpu}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "loop": f"{_loop_seconds():.2f} s",
    }


def _loop_seconds() -> float:
    """Seconds that ten million additions take: processors of one name differ by their neighbours on the machine."""
    began, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - began


def _commit() -> str:
    try:
        head = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
