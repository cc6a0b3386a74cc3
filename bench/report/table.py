"""The tables: medians, ratios to Mattock, targets."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..result import Results
from ..systems import SYSTEMS
from ..workloads import WORKLOADS, Figure, Workload

BASE = "mattock"


def tables(results: Results, only: Collection[str] = ()) -> str:
    """The tables as Markdown.

    Args:
        results: what was measured.
        only: these workloads; empty: all.
    """
    chosen = [workload for workload in measured(results) if not only or workload.name in only]
    return "\n".join([*sections(results, chosen, "##"), "## Targets\n\n" + targets(results, chosen)])


def sections(results: Results, chosen: Collection[Workload], mark: str) -> list[str]:
    """Each workload with its title, after a mark such as `##`, what was done, and its table."""
    return [f"{mark} {each.title}\n\n{_how(results, each)}{table(results, each)}" for each in chosen]


def measured(results: Results) -> list[Workload]:
    """The workloads that there are results of."""
    return [workload for name, workload in WORKLOADS.items() if results.entries.get(name)]


def table(results: Results, workload: Workload) -> str:
    """One workload: a line a system, a column a figure; in brackets how many times better than Mattock's it is."""
    entries = results.entries[workload.name]
    figures = [each for each in workload.figures if any(entry.samples.get(each.key) for entry in entries.values())]
    lines = ["| system | " + " | ".join(_heading(each) for each in figures) + " |", "|---|" + "---:|" * len(figures)]
    reasons = []
    for name in SYSTEMS:
        entry = entries.get(name)
        if entry is None:
            continue
        title = SYSTEMS[name].title
        if entry.samples:
            lines.append(f"| {title} | " + " | ".join(_cell(results, workload, name, each) for each in figures) + " |")
        if entry.reason:
            reasons.append(f"- {title}: {'' if entry.reason.startswith('failed') else 'absent: '}{entry.reason}")
    text = "\n".join(lines if figures else []) + "\n"
    return text + ("\n" + "\n".join(reasons) + "\n" if reasons else "")


def targets(results: Results, chosen: Collection[Workload]) -> str:
    """Each figure of some workloads that has a target: what it must reach, what it should, what it is."""
    lines = ["| figure | must | aim | measured | |", "|---|---:|---:|---:|---|"]
    for workload, figure, name, value in _with_targets(results, chosen):
        target = figure.target[name]
        sign = "≥" if figure.better == "higher" else "≤"
        aim = "" if target.aim is None else f"{sign} {figure.text(target.aim)}"
        lines.append(
            f"| {workload.title}: {figure.title}{_of(name)}{_unit(figure)} | {sign} {figure.text(target.must)} | {aim}"
            f" | {figure.text(value)} | {verdict(figure, name, value)} |"
        )
    return "\n".join(lines) + "\n"


def ahead(results: Results) -> list[str]:
    """The rows where a peer is ahead of Mattock, in words."""
    found = []
    for workload in measured(results):
        entries = results.entries[workload.name]
        for figure in workload.figures:
            own = entries[BASE].value(figure.key) if BASE in entries else None
            if own is None or not figure.compared:
                continue
            for name in SYSTEMS:
                other = entries[name].value(figure.key) if name in entries and name not in (BASE, "hatchet") else None
                if other is not None and _is_better(figure, other, own):
                    unit = _unit(figure)
                    found.append(
                        f"{workload.title}, {figure.title}: {SYSTEMS[name].title} {figure.text(other)}{unit},"
                        f" Mattock {figure.text(own)}{unit}"
                    )
    return found


def verdict(figure: Figure, name: str, value: float) -> str:
    """How a value stands to its target."""
    target = figure.target[name]
    if target.aim is not None and not _is_better(figure, target.aim, value):
        return "aim reached"
    return "not reached" if _is_better(figure, target.must, value) else "reached"


def _with_targets(results: Results, chosen: Collection[Workload]) -> Iterator[tuple[Workload, Figure, str, float]]:
    for workload in chosen:
        for figure in workload.figures:
            for name in figure.target:
                entry = results.entry(workload.name, name)
                value = entry.value(figure.key) if entry else None
                if value is not None:
                    yield workload, figure, name, value


def _how(results: Results, workload: Workload) -> str:
    text = results.workloads.get(workload.name, "")
    return f"{text[:1].upper()}{text[1:]}.\n\n" if text else ""


def _heading(figure: Figure) -> str:
    return f"{figure.title},{_unit(figure)}" if _unit(figure) else figure.title


def _unit(figure: Figure) -> str:
    return "" if figure.unit in ("", "1/s", "×") else f" {figure.unit}"


def _of(name: str) -> str:
    return "" if name == BASE else f" ({SYSTEMS[name].title})"


def _cell(results: Results, workload: Workload, name: str, figure: Figure) -> str:
    entry, base = results.entry(workload.name, name), results.entry(workload.name, BASE)
    value = entry.value(figure.key) if entry else None
    own = base.value(figure.key) if base else None
    if value is None:
        return "–"
    if name == BASE or not own or not value or not figure.compared:
        return figure.text(value)
    # Above 1: better than Mattock.
    ratio = value / own if figure.better == "higher" else own / value
    return f"{figure.text(value)} ({ratio:.2g}×)" if ratio < 100 else f"{figure.text(value)} ({ratio:.0f}×)"


def _is_better(figure: Figure, value: float, than: float) -> bool:
    return value > than if figure.better == "higher" else value < than
