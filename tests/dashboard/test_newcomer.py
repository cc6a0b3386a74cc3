"""The newcomer's path: the demo, its link, the failed attempt's traceback, and a replay."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.cli.conftest import CommandLine

from .conftest import DESKTOP, PHONE


@pytest.fixture
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What the demo prints, until it stays for people to look."""
    shell = CommandLine(tmp_path_factory.mktemp("demo"))
    texts = shell.folder / "texts"
    texts.mkdir()
    for name in ("narwhal", "beluga", "orca"):
        (texts / f"{name}.md").write_text(f"# Whales\n\nThe {name} is a whale.\n")
    demo = shell.start("demo", str(texts), "--stay")
    assert demo.stdout is not None
    text = ""
    for line in demo.stdout:
        text += line
        if "Ctrl-C" in line:
            break
    yield text
    demo.terminate()
    demo.communicate(timeout=60)


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
async def test_from_the_demo_to_a_replay(printed: str, browser: Browser, size: object, scheme: object) -> None:
    link, failed = re.findall(r"http://\S+/login\S+|http://\S+/runs/\S+", printed)
    context = await browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))

    # The link logs in, and shows the demo's run.
    await page.goto(link)
    await expect(page.get_by_role("heading", name="document-pipeline", exact=True)).to_be_visible()
    await expect(page).to_have_url(re.compile("/runs/"))

    # From there by clicks to the document whose first attempt failed.
    run_id = failed.rpartition("/")[2].partition("?")[0]
    await page.get_by_role("region", name="Over time").get_by_role("button", name=re.compile("^process")).click()
    await page.get_by_role("tab", name=re.compile("^Children")).click()
    await page.get_by_role("table", name="Children").locator(f"a[href*='{run_id}']").first.click()
    await expect(page.get_by_role("heading", name="document", exact=True)).to_be_visible()
    await page.get_by_role("region", name="Over time").get_by_role("button", name=re.compile("^index")).click()
    await page.get_by_role("tab", name=re.compile("^Attempts")).click()
    await page.get_by_role("checkbox", name="Attempt 1").check()
    traceback = page.get_by_label("Error of attempt 1")
    await expect(traceback).to_contain_text("Traceback (most recent call last)")
    await expect(traceback).to_contain_text("the demo lets the first attempt to index")
    clicked = page.url

    # The second printed link leads to the same place.
    await page.goto(failed)
    await expect(page.get_by_label("Error of attempt 1")).to_contain_text("Traceback")
    assert page.url.partition("?")[0] == clicked.partition("?")[0]

    await page.get_by_role("button", name="Replay", exact=True).click()
    await expect(page.get_by_role("checkbox", name="Attempt 3")).to_be_visible()
    await expect(page.get_by_text("attempt 3", exact=True).first).to_be_visible()
    assert not problems
    await context.close()
