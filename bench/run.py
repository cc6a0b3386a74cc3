"""The command: `python3 dev.py bench`, or `python -m bench`."""

from __future__ import annotations

import argparse
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from . import lock
from .plan import QUICK, Plan
from .report.page import write_page
from .report.plot import write_plot
from .report.table import tables
from .result import FIRST, FOLDER, OTHER, load
from .runner import Runner
from .systems import SYSTEMS
from .workloads import WORKLOADS


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints the tables, and writes results, plot and page."""
    given = _parser().parse_args(arguments)
    plan = _plan(given)
    workloads, systems = _chosen(given.only, WORKLOADS, "--only"), _chosen(given.systems, SYSTEMS, "--systems")
    path = given.output or FOLDER / _file(given.machine, plan)
    # So that everything that was started is ended on the way out.
    signal.signal(signal.SIGTERM, _end)
    results, failed = load(path), 0
    if not given.report:
        try:
            with lock.hold():
                failed = Runner(results, path, plan, given.keep).run(workloads, systems)
        except lock.Busy as error:
            sys.exit(f"bench: {error}")
        except KeyboardInterrupt:
            sys.exit(130)
    print("\n" + tables(results, workloads))
    path.with_suffix(".md").write_text(tables(results), "utf-8")
    write_plot(results, path.with_suffix(".svg"))
    if not plan.quick and not given.output:
        write_page()
    print(
        f"Written: {', '.join(path.with_suffix(suffix).name for suffix in ('.json', '.md', '.svg'))} in {path.parent}"
    )
    sys.exit(1 if failed else 0)


def _file(machine: str, plan: Plan) -> str:
    if plan.quick:
        return "quick.json"
    if not re.fullmatch(r"[\w-]*", machine):
        sys.exit(f"bench: --machine: expected letters, digits, '_' and '-', got {machine!r}")
    return f"{OTHER}{machine}.json" if machine else FIRST


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Measures Mattock and its peers, in turn.")
    parser.add_argument("--only", default="", metavar="A,B", help=f"workloads: {', '.join(WORKLOADS)}")
    parser.add_argument("--systems", default="", metavar="A,B", help=f"systems: {', '.join(SYSTEMS)}")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of the short workloads (3; quick: 1)")
    parser.add_argument("--quick", action="store_true", help="small sizes: a look, written to results of their own")
    parser.add_argument("--report", action="store_true", help="measure nothing: tables, plot and page from the results")
    parser.add_argument("--keep", action="store_true", help="keep the folders of what failed, and show where")
    parser.add_argument("--machine", default="", metavar="NAME", help="keep the results of another machine apart")
    parser.add_argument("--output", type=Path, metavar="FILE.json", help="results file; no page is written then")
    for name, text in (
        ("count", "no-op tasks of the throughput"),
        ("backlog", "queued tasks"),
        ("peer-backlog", "queued tasks of the peers"),
        ("history", "finished runs"),
        ("lists", "finished runs whose lists are timed"),
        ("held-seconds", "seconds beside an open transaction"),
        ("latency-seconds", "seconds at each rate"),
        ("idle-seconds", "seconds of idleness"),
        ("drain-seconds", "seconds that the drain is watched at most"),
    ):
        kind = float if name.endswith("seconds") else int
        parser.add_argument(f"--{name}", type=kind, metavar="N", help=text)
    return parser


def _plan(given: argparse.Namespace) -> Plan:
    changes: dict[str, Any] = {
        name: value
        for name in Plan.__dataclass_fields__
        if name != "quick" and (value := getattr(given, name, None)) is not None
    }
    for name, value in changes.items():
        if value <= 0:
            sys.exit(f"bench: --{name.replace('_', '-')}: expected a number above 0, got {value}")
    return replace(QUICK if given.quick else Plan(), **changes)


def _chosen(text: str, known: dict[str, Any], flag: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            sys.exit(f"bench: {flag}: there is no {name!r}; there are {', '.join(known)}")
    return names or list(known)


def _end(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
