"""What the first page takes of the network, of what is built into the package."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from playwright.async_api import Page, expect

from .site import Site

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def dashboard() -> ModuleType:
    """`dev/dashboard.py`, which is a program and no package's."""
    spec = importlib.util.spec_from_file_location("dev_dashboard", ROOT / "dev" / "dashboard.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_first_view_is_small(dashboard: ModuleType) -> None:
    assert 50 * 1024 < dashboard.first_view(dashboard.BUILT) <= 250 * 1024


def test_what_is_imported_by_the_way_counts(dashboard: ModuleType, tmp_path: Path) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text('<script type="module" src="/assets/a.js"></script>')
    (assets / "a.js").write_text('import{x}from"./b.js";import"./c.js";const lazy=()=>import("./d.js")')
    alone = dashboard.first_view
    (assets / "b.js").write_text('export{y as x}from"./c.js"')
    (assets / "c.js").write_text("export const y=1")
    small = alone(tmp_path)
    (assets / "c.js").write_text("export const y='" + "".join(map(chr, range(32, 39))) * 10 + "'")
    assert alone(tmp_path) > small
    (assets / "c.js").unlink()
    with pytest.raises(FileNotFoundError):
        alone(tmp_path)


async def test_the_first_view_is_two_scripts_and_is_asked_for_before_it_is_drawn(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await expect(page.get_by_role("img", name="tasks ended")).to_be_visible()
    asked = "performance.getEntriesByType('resource').map((each) => [each.name.split('?')[0], each.startTime])"
    began = {name.removeprefix(site.url): at for name, at in reversed(await page.evaluate(asked))}
    assert len([name for name in began if name.endswith(".js")]) == 2
    painted = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert began["/api/v1/me"] < began[f"/api/v1/stable/tenants/{site.tenant_id}/task-figures"] < painted


def test_scripts_are_sent_compressed_to_who_takes_that(dashboard: ModuleType, site: Site) -> None:
    file = max((dashboard.BUILT / "assets").glob("*.js"), key=lambda each: each.stat().st_size)
    sizes = {}
    for taken, told in (("gzip, br", "gzip"), ("gzip;q=0", None), ("identity", None)):
        with httpx.stream("GET", f"{site.url}/assets/{file.name}", headers={"Accept-Encoding": taken}) as reply:
            assert reply.headers.get("content-encoding") == told
            assert reply.headers["content-type"].startswith("text/javascript")
            assert reply.headers["vary"] == "Accept-Encoding"
            sizes[taken] = int(reply.headers["content-length"])
            assert reply.read() == file.read_bytes()
    assert sizes["gzip, br"] < sizes["identity"] / 2
    assert sizes["gzip;q=0"] == sizes["identity"]
