"""The dashboard and the alerts that come with Mattock name figures that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from mattock import Context, EmbeddedServer
from prometheus_client.parser import text_string_to_metric_families
from serving import serve

FOLDER = Path(__file__).parents[3] / "docs" / "monitoring"
GUIDE = FOLDER.parent / "guide-observability.md"
NAME = re.compile(r"\bmattock_[a-z_]+\b")
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


@pytest.fixture
async def text(server: EmbeddedServer) -> str:
    """What a server that has worked tells Prometheus."""
    client = server.client()

    @client.task(name="measured")
    async def measured(input: dict[str, int], ctx: Context) -> None:
        ctx.metric("rows", 3)

    async with serve(client, measured):
        await measured.aio_run({})
        found = await httpx.AsyncClient().get(f"{client.settings.server_url}/metrics")
    await client.aio_close()
    return found.text


@pytest.fixture
def names(text: str) -> dict[str, set[str]]:
    """Names of figures, with the labels that they are seen with."""
    known: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for suffix in SUFFIXES[family.type]:
            known.setdefault(family.name + suffix, set())
        for sample in family.samples:
            known.setdefault(sample.name, set()).update(sample.labels)
    return known


def expressions_of_the_dashboard() -> Iterator[str]:
    dashboard = json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8"))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


def rules() -> list[dict[str, Any]]:
    found = yaml.safe_load((FOLDER / "alert-rules.yml").read_text("utf-8"))
    return [rule for group in found["groups"] for rule in group["rules"]]


async def test_every_figure_of_the_dashboard_and_the_alerts_exists(names: dict[str, set[str]]) -> None:
    expressions = [*expressions_of_the_dashboard(), *(rule["expr"] for rule in rules())]
    used = {name for expression in expressions for name in NAME.findall(expression)}
    assert len(used) > 10
    assert used <= set(names)
    # Every figure is shown somewhere.
    families = {re.sub(r"_(total|bucket|sum|count|created)$", "", name) for name in names}
    assert {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in used} >= families


async def test_labels_are_those_that_are_there(names: dict[str, set[str]]) -> None:
    for expression in [*expressions_of_the_dashboard(), *(rule["expr"] for rule in rules())]:
        for name, inside in re.findall(r"(mattock_[a-z_]+)\{([^}]*)\}", expression):
            labels = set(re.findall(r"(\w+)\s*=", inside))
            if names[name]:
                assert labels <= names[name], expression


async def test_every_figure_has_its_line_in_the_guide(names: dict[str, set[str]]) -> None:
    told = set(NAME.findall(GUIDE.read_text("utf-8")))
    families = {re.sub(r"_(bucket|created)$", "", name) for name in names if not name.endswith("_created")}
    missing = {name for name in families if name not in told and re.sub(r"_(sum|count)$", "", name) not in told}
    assert not missing
    assert {name for name in told if name not in names and f"{name}_bucket" not in names} == set()


def test_the_alerts_are_whole() -> None:
    seen = set()
    for rule in rules():
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}, rule
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
        seen.add(rule["alert"])
    assert len(seen) == len(rules())


def test_the_dashboards_panels_stand_side_by_side() -> None:
    dashboard = json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
