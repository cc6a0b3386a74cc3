"""The browser program: requests as lines of JSON in, answers out; `python -m bench.browser`.

Operations:

- `open(url, link, paths)`: logs in by the link, once, and opens a page for each path; waits until each shows something
- `asked()`: the addresses that each open page has asked for more than once since it was opened
- `close()`: closes the pages
- `first(url)`: a new browser context opens the overview → milliseconds until it is usable, bytes of scripts
- `begin(url, path)`: opens a page, scrolls it up and down, and looks at its frames, until `end()` → milliseconds
  between frames, milliseconds of each long task, frames in which the table has changed
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import sys
from collections import Counter
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, StorageState, async_playwright

READY = "READY"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
SIZE: Any = {"width": 1280, "height": 900}
# What stands in a page when it can be used: its heading, and nothing that is still awaited.
USABLE = "document.querySelector('h1') !== null && document.querySelector('main .animate-pulse') === null"
_TIMES = re.compile(r"[?&](?:since|until|createdAfter|createdBefore)=[^&]*")
SCROLL_PIXELS, SCROLL_SECONDS, SCROLLS = 240, 0.15, 8

# Noted in the page, so that nothing outside it adds to the time. (It allows no evaluation of text: so, a script.)
_WHEN_USABLE = f"""
window.usable = new Promise((tell) => {{
  const look = () => (({USABLE}) ? tell(performance.now()) : requestAnimationFrame(look));
  requestAnimationFrame(look);
}});
performance.setResourceTimingBufferSize(100000);
"""
_ASKED = """
performance.getEntriesByType('resource')
  .filter((entry) => entry.initiatorType === 'fetch' && entry.name.includes('/api/')).map((entry) => entry.name)
"""
_SCRIPTS = """
performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('.js'))
  .map((entry) => entry.encodedBodySize)
"""
_WATCH = """
() => {
  const seen = (window.seen = { gaps: [], tasks: [], changed: 0 });
  let before = performance.now();
  let isChanged = false;
  new MutationObserver(() => (isChanged = true))
    .observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true });
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => seen.tasks.push(entry.duration)))
    .observe({ type: 'longtask' });
  const frame = (now) => {
    seen.gaps.push(now - before);
    before = now;
    if (isChanged) seen.changed += 1;
    isChanged = false;
    window.nextFrame = requestAnimationFrame(frame);
  };
  requestAnimationFrame((now) => {
    before = now;
    requestAnimationFrame(frame);
  });
}
"""


def program() -> str | None:
    """The browser on this machine; None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Watcher:
    """A browser with the pages that are open in it."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._state: StorageState | None = None
        self._context: BrowserContext | None = None
        self._pages: list[Page] = []
        self._scrolling: asyncio.Task[None] | None = None

    async def open(self, url: str, link: str, paths: list[str]) -> dict[str, Any]:
        """Logs in, and opens pages."""
        context = await self._open_context()
        if self._state is None:
            page = await context.new_page()
            await page.goto(link)
            await page.evaluate("usable")
            self._state = await context.storage_state()
            await page.close()
        for path in paths:
            await self._open_page(context, url + path)
        return {"pages": len(self._pages)}

    async def asked(self) -> dict[str, Any]:
        """What the pages ask for again and again: of each address the one that was asked last."""
        found: list[str] = []
        for page in self._pages:
            names: list[str] = await page.evaluate(_ASKED)
            times = Counter(map(_without_times, names))
            last = {_without_times(name): name for name in names}
            found += [name for short, name in last.items() if times[short] > 1]
        return {"addresses": found}

    async def close(self) -> dict[str, Any]:
        """Closes the pages; who is logged in stays so."""
        if self._context is not None:
            await self._context.close()
        self._context, self._pages = None, []
        return {"pages": 0}

    async def first(self, url: str) -> dict[str, Any]:
        """A visit with nothing kept from earlier ones."""
        context = await self._new_context()
        page = await context.new_page()
        await page.goto(url)
        found = {"milliseconds": await page.evaluate("usable"), "scripts": sum(await page.evaluate(_SCRIPTS))}
        await context.close()
        return found

    async def begin(self, url: str, path: str) -> dict[str, Any]:
        """Starts to look at the frames of a page."""
        page = await self._open_page(await self._open_context(), url + path)
        await page.mouse.move(SIZE["width"] / 2, SIZE["height"] / 2)
        await page.evaluate(_WATCH)
        self._scrolling = asyncio.create_task(_scroll(page))
        return {}

    async def end(self) -> dict[str, Any]:
        """Ends that; what was seen."""
        assert self._scrolling is not None
        self._scrolling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._scrolling
        seen: dict[str, Any] = await self._pages[-1].evaluate("(cancelAnimationFrame(nextFrame), seen)")
        await self.close()
        return seen

    async def _open_context(self) -> BrowserContext:
        if self._context is None:
            self._context = await self._new_context()
        return self._context

    async def _new_context(self) -> BrowserContext:
        context = await self._browser.new_context(viewport=SIZE, storage_state=self._state)
        await context.add_init_script(_WHEN_USABLE)
        return context

    async def _open_page(self, context: BrowserContext, url: str) -> Page:
        page = await context.new_page()
        self._pages.append(page)
        await page.goto(url)
        await page.evaluate("usable")
        return page


def _without_times(address: str) -> str:
    """An address without what is another moment each time it is asked for."""
    return _TIMES.sub("", address)


async def _scroll(page: Page) -> None:
    """As a person does who looks for something: down, and up again."""
    while True:
        for step in (SCROLL_PIXELS, -SCROLL_PIXELS):
            for _ in range(SCROLLS):
                await page.mouse.wheel(0, step)
                await asyncio.sleep(SCROLL_SECONDS)


async def serve() -> None:
    """Answers requests until standard input ends."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        watcher = Watcher(browser)
        print(READY, flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            given = json.loads(line)
            try:
                answer = await getattr(watcher, given.pop("operation"))(**given)
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"[:1000]}
            print(json.dumps(answer or {"done": True}), flush=True)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(serve())
