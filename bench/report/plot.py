"""The plot: throughput, CPU and latency, side by side."""

from __future__ import annotations

from pathlib import Path

from ..result import Results
from ..systems import SYSTEMS
from ..workloads import WORKLOADS

# Workload and figure of each panel.
_PANELS = (
    ("throughput", "rate"),
    ("throughput", "server_cpu"),
    ("latency", "start_p50_50"),
    ("latency", "trip_p50_50"),
    ("latency", "start_p99_500"),
    ("fan", "seconds"),
    ("dag", "p50"),
    ("payload", "rate"),
    ("backlog", "drain"),
)
_OURS, _OTHERS = "#1b7f5c", "#9aa5b1"


def write_plot(results: Results, path: Path) -> None:
    """Writes bars on logarithmic axes, one panel a figure, as SVG; nothing if nothing was measured."""
    import matplotlib

    matplotlib.use("svg")
    # The same results give the same file.
    matplotlib.rcParams.update({"svg.hashsalt": "mattock", "svg.fonttype": "none", "font.size": 8})
    from matplotlib import pyplot

    panels = [(workload, key) for workload, key in _PANELS if _bars(results, workload, key)]
    if not panels:
        return
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(4.2 * columns, 2.1 * rows), squeeze=False)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    for axis, (workload, key) in zip(axes.flat, panels, strict=False):
        about = next(each for each in WORKLOADS[workload].figures if each.key == key)
        bars = _bars(results, workload, key)
        titles = [SYSTEMS[name].title for name in bars]
        colours = [_OURS if name in ("mattock", "hatchet") else _OTHERS for name in bars]
        drawn = axis.barh(titles, list(bars.values()), color=colours)
        axis.bar_label(drawn, [about.text(value) for value in bars.values()], padding=2)
        axis.set_xscale("log")
        axis.margins(x=0.35)
        axis.invert_yaxis()
        axis.xaxis.set_visible(False)
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        unit = f", {about.unit}" if about.unit not in ("", "1/s") else ""
        title = f"{WORKLOADS[workload].title}\n{about.title}{unit} ({about.better} is better)"
        axis.set_title(title, loc="right", fontsize=8)
    figure.suptitle("Medians; the axes are logarithmic", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})
    pyplot.close(figure)


def _bars(results: Results, workload: str, key: str) -> dict[str, float]:
    entries = results.entries.get(workload, {})
    values = {name: entries[name].value(key) for name in SYSTEMS if name in entries}
    return {name: value for name, value in values.items() if value}
