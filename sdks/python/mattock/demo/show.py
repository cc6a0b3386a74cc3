"""Running the demo in a terminal: a server, a worker, the pipeline, and what comes out of it."""

from __future__ import annotations

import asyncio
import re
import tempfile
import textwrap
import time
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ..client import Mattock
from ..embedding import EmbeddedServer, embedded
from . import index
from .pipeline import Folder, Report, each_document, mattock, pipeline

SLOTS = 32
# What a search of Mattock's own text looks for; of another folder's, its most frequent word.
QUERY = "lease owner epoch"
MIN_PATH_WIDTH, PATH_WIDTH = 20, 40
# What the progress line needs beside the path.
BAR_LINE_WIDTH = 72


def default_folder() -> Path:
    """The project's own text in a checkout, the package's in an installation."""
    package = Path(__file__).resolve().parent.parent
    root = package.parent.parent.parent
    return root if (root / "dev.py").exists() else package


async def run(folder: Path, query: str | None, stay: bool, console: Console) -> None:
    """Runs the whole demo.

    Args:
        folder: whose text files are worked on.
        query: what to search the index for; None for a word that should be there.
        stay: keep the server and the worker afterwards, until SIGINT or SIGTERM.
        console: where to print.
    """
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mattock-demo-")))
        began = time.monotonic()
        server = await stack.enter_async_context(embedded(place / "data"))
        console.print(f"[green]✓[/] server is ready after {time.monotonic() - began:.1f} s: {server.url}")
        stack.push_async_callback(mattock.aio_close)
        working = await _start_worker(stack, mattock)
        console.print(f"[green]✓[/] worker is ready: workflows {pipeline.name} and {each_document.name}")
        index_file = place / "index.sqlite"
        report, run_id, took = await _run_pipeline(folder, index_file, console)
        _print_report(report, took, console)
        _print_search(index_file, query or _choose_query(folder, report), console)
        await _print_run(run_id, console)
        if stay:
            await _print_links(server, run_id, report, console)
            console.print("Or in another terminal:")
            console.print(f"  MATTOCK_DATA_DIR={place / 'data'} mattock runs list", style="bold", soft_wrap=True)
            console.print("The server goes on until you press Ctrl-C.")
            # The worker is what Ctrl-C and SIGTERM end.
            await working


def _choose_query(folder: Path, report: Report) -> str:
    return QUERY if folder == default_folder() or not report.top else next(iter(report.top))


async def _start_worker(stack: AsyncExitStack, client: Mattock) -> asyncio.Task[None]:
    worker = client.worker("demo", workflows=[pipeline, each_document], slots=SLOTS)
    working = asyncio.create_task(worker.aio_start())

    async def stop() -> None:
        worker.stop()
        await working

    stack.push_async_callback(stop)
    while not worker.ready.is_set():
        await asyncio.wait([working], timeout=0.01)
        if working.done():
            working.result()
    return working


async def _run_pipeline(folder: Path, index_file: Path, console: Console) -> tuple[Report, str, float]:
    columns = (TextColumn("  {task.description:<10}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
    # A path that comes and goes must not change the width of the bar; a narrow terminal shows none.
    path_width = min(PATH_WIDTH, console.width - BAR_LINE_WIDTH)
    began = time.monotonic()
    work = Folder(path=str(folder), index_file=str(index_file))
    ref = await pipeline.aio_run_no_wait(work, additional_metadata={"demo": "documents"}, stream=True)
    with Progress(*columns, TextColumn("[dim]{task.fields[path]}"), console=console) as progress:
        bar = progress.add_task("documents", total=None, path="")
        async for chunk in ref.aio_stream():
            if progress.tasks[0].total is None:
                progress.update(bar, total=int(chunk))
            else:
                progress.update(bar, advance=1, path=chunk[-path_width:] if path_width >= MIN_PATH_WIDTH else "")
        progress.update(bar, path="")
    found = await ref.aio_result()
    return Report.model_validate(found["summarize"]), ref.run_id, time.monotonic() - began


def _print_report(report: Report, took: float, console: Console) -> None:
    table = Table("kind", box=None, header_style="bold", padding=(0, 2))
    for name in ("files", "sections", "words"):
        table.add_column(name, justify="right")
    for kind in report.kinds:
        table.add_row(kind.kind, f"{kind.files:,}", f"{kind.sections:,}", f"{kind.words:,}")
    files, sections, words = (
        sum(getattr(kind, name) for kind in report.kinds) for name in ("files", "sections", "words")
    )
    table.add_row("all", f"{files:,}", f"{sections:,}", f"{words:,}", style="bold")
    # A document is three tasks, the pipeline three more.
    tasks = 3 * files + 3
    console.print(f"[green]✓[/] {files} child runs, {tasks} tasks in {took:.1f} s")
    for path in report.retried:
        console.print(f"[yellow]↻[/] {path}: index failed once, on purpose, and was retried", soft_wrap=True)
    console.print()
    console.print(table)
    # A word and its number stay on one line.
    top = ", ".join(f"{word}\u00a0({count:,})" for word, count in report.top.items())
    lines = textwrap.fill(f"Most frequent: {top}", console.width, break_long_words=False).replace("\u00a0", " ")
    console.print(f"\n{lines}", soft_wrap=True)


def _print_search(index_file: Path, query: str, console: Console) -> None:
    console.print(f"\nSearch for [bold]{query}[/]:")
    hits = index.search(index_file, query)
    for hit in hits:
        console.print(f"  [cyan]{hit.path}[/] § {hit.section + 1}")
        console.print(_highlight(" ".join(hit.snippet.split())), soft_wrap=True)
    if not hits:
        console.print("  nothing", style="dim")


def _highlight(snippet: str) -> Text:
    parts = re.split(f"{index.FOUND_BEGIN}(.*?){index.FOUND_END}", snippet)
    styled = ((part, "bold" if number % 2 else "dim") for number, part in enumerate(parts))
    return Text.assemble("    ", *styled)


async def _print_run(run_id: str, console: Console) -> None:
    details = await mattock.runs.aio_get(run_id)
    states = ", ".join(f"{task.display_name.rsplit('-', 1)[0]} {task.status.lower()}" for task in details.tasks)
    console.print(f"\nRun {run_id}: {states}", soft_wrap=True)


async def _print_links(server: EmbeddedServer, run_id: str, report: Report, console: Console) -> None:
    link = await asyncio.to_thread(server.login_link)
    console.print("\nLook at the run in the dashboard; the link logs you in, and works once:")
    console.print(f"  {link}&to=/runs/{run_id}", style="bold", soft_wrap=True)
    for path in report.retried[:1]:
        (found,) = await mattock.runs.aio_list(additional_metadata={"file": path}, limit=1)
        retried = next(task for task in (await mattock.runs.aio_get(found.run_id)).tasks if (task.attempt or 1) > 1)
        view = f"task={retried.task_id}&tab=attempts&attempt=1"
        console.print("Then at the attempt that failed: its traceback, and a button to replay it:")
        console.print(f"  {server.url}/runs/{found.run_id}?{view}", style="bold", soft_wrap=True)
