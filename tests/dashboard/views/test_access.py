"""Each of these pages and dialogs, wide and narrow, light and dark: nothing that keeps a person out (axe's rules)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.dashboard.site import Site

PAGES = (
    "",
    "runs",
    "runs/GRAPH",
    "runs/FAILED",
    "workflows",
    "workflows/ORDER",
    "workflows/ORDER?tab=start",
    "workflows/ORDER?tab=graph",
    "workflows/ORDER?tab=versions",
    "workflows/ORDER?tab=timed",
    "workflows/ORDER?tab=settings",
    "timed",
    "timed?tab=schedules",
    "timed?tab=calendar",
    "timed?tab=calendar&view=week",
    "events",
    "events?event=EVENT",
    "filters",
    "webhooks",
    "limits",
    "workers",
    "workers/WORKER",
    "logs",
    "approvals",
    "approvals?tab=decided",
    "approvals/RUN/refund",
    "runs?search=order&trigger=API&metadata=shop:7",
    "runs/RUN?tab=history",
    "runs/RUN?tab=attempts",
    "runs/RUN?tab=input",
    "runs/RUN?tab=events",
    "concurrency",
    "concurrency?search=Ada",
    "dead-letters",
    "dead-letters?workflow=ORDER",
    "settings",
    "settings/general",
    "settings/members",
    "settings/tokens",
    "settings/limits",
    "settings/alerts",
    "settings/retention",
    "settings/audit",
    "settings/account",
    "settings/tenants",
    "audit",
    "api/docs",
)
# Pages with the buttons that open their forms.
DIALOGS = (
    ("timed", "New cron"),
    ("timed?tab=schedules", "New schedule"),
    ("events", "Push an event"),
    ("filters", "New filter"),
    ("webhooks", "New webhook"),
    ("limits", "New rate limit"),
    ("workflows/ORDER", "Pause"),
)


def test_every_route_and_section_is_looked_at() -> None:
    """What the router and the settings know is in the list above."""
    source = Path(__file__).parents[3] / "dashboard" / "src"
    routes = set(re.findall(r"""(?:path: |\bat\()"/([^"]*)\"""", (source / "router.tsx").read_text("utf-8")))
    sections = set(re.findall(r'{ id: "(\w+)"', (source / "settings" / "sections.tsx").read_text("utf-8")))
    routes = routes - {"settings/$section"} | {f"settings/{section}" for section in sections}
    assert len(routes) > 25
    # Who is not logged in sees these two (`test_people`).
    named = {path.partition("?")[0] for path in (*PAGES, "runs/RUN", "login", "invitation")}
    seen = {re.sub(r"\$\w+", "ID", re.sub(r"[A-Z]{3,}|/refund$", "/ID", path).replace("//", "/")) for path in named}
    assert {re.sub(r"\$\w+", "ID", route) for route in routes} - seen == set()


async def violations(page: Page, name: str) -> list[str]:
    """What is wrong with what is shown."""
    results = await Axe().run(page)
    found = [
        f"/{name}: {each['id']}: {each['help']} {[node['target'] for node in each['nodes']][:2]}"
        for each in results.response["violations"]
    ]
    if await page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
        found.append(f"/{name}: is wider than the window")
    return found


@pytest.fixture(scope="package")
def places(site: Site) -> dict[str, str]:
    """Something on every page; ids by the words that stand for them."""
    graph = site.start("order", '{"customer": "Ada", "total": 3}')
    failed = site.start("broken")
    run_id = site.start("refund", '{"sum": "12"}')
    cron = {"cronName": "nightly", "cronExpression": "0 3 * * *", "input": {}, "additionalMetadata": {}}
    site.send("POST", "T/workflows/greet/crons", {**cron, "overlap": "skip", "jitter": 9})
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    site.send("POST", "T/workflows/greet/scheduled", {"triggerAt": at, "input": {}, "additionalMetadata": {}})
    event = site.send("POST", "T/events", {"key": "order:seen", "data": {"customer": "Ada", "total": 1}})
    auth = {"headerName": "x-key", "apiKey": "k"}
    hook = {
        "sourceName": "GENERIC",
        "name": "seen",
        "eventKeyExpression": "'seen'",
        "authType": "API_KEY",
        "auth": auth,
    }
    site.send("POST", "S/webhooks", hook)
    site.send("PUT", "T/rate-limits", {"key": "seen", "limit": 3, "duration": "MINUTE"})
    worker = site.send("GET", "T/worker?statuses=ACTIVE")["rows"][0]["metadata"]["id"]
    runs = {"GRAPH": graph, "FAILED": failed, "RUN": run_id}
    return {**runs, "ORDER": site.workflow("order"), "EVENT": event["metadata"]["id"], "WORKER": worker}


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_views_are_clean(site: Site, page: Page, places: dict[str, str], theme: Literal["light", "dark"]) -> None:
    # What is still fading in has too little contrast.
    await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    found: list[str] = []
    for path in PAGES:
        name = path
        for word, id_ in places.items():
            path = path.replace(word, id_)
        await page.goto(f"{site.url}/{path}")
        await page.locator("h1").wait_for()
        await page.wait_for_load_state("networkidle")
        found += await violations(page, name)
    for path, button in DIALOGS:
        await page.goto(f"{site.url}/{path.replace('ORDER', places['ORDER'])}")
        await page.get_by_role("button", name=button, exact=True).first.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        found += await violations(page, f"{path}: {button}")
    assert not found, "\n".join(found)
