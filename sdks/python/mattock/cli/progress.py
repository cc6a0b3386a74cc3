"""How far runs and tasks are, for people: a bar in a table, and live bars while a run is awaited."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.text import Text

from .error import CommandError

WIDTH = 10
# Seconds between two looks.
EVERY = 0.5
# Bars of tasks; a run of more has those of the first ones alone.
MAX_BARS = 8
_ENDED = ("COMPLETED", "FAILED", "CANCELLED")


def progress_text(row: dict[str, Any]) -> Text:
    """How far a run or task is; empty for one that tells nothing, has no children and waits for no batch."""
    found = Text()
    told = row.get("progress")
    if told is not None:
        filled = round(told["fraction"] * WIDTH)
        found.append("━" * filled, style="cyan").append("━" * (WIDTH - filled), style="bright_black")
        found.append(f" {told['fraction']:.0%}")
        if told.get("text") and row.get("status") not in _ENDED:
            found.append(f" {told['text']}")
    for part in (_children(row), _batch(row)):
        if part:
            found.append(f"{'  ' if found.plain else ''}{part}")
    return found


def _children(row: dict[str, Any]) -> str:
    started = row.get("numSpawnedChildren") or 0
    return f"{row.get('numFinishedChildren') or 0}/{started} runs" if started else ""


def _batch(row: dict[str, Any]) -> str:
    batch = row.get("batch")
    return f"batch {batch['waiting']}/{batch['size']}" if batch else ""


class Follower:
    """Live bars of a run for the time of a block.

    Args:
        look: reads the run with its tasks, as REST gives it.
        screen: where they are drawn.
    """

    def __init__(self, look: Callable[[], dict[str, Any]], screen: Console) -> None:
        self._look = look
        self._over = threading.Event()
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TextColumn("{task.fields[told]}", markup=False),
            console=screen,
            transient=True,
        )
        self._known: dict[str, TaskID] = {}
        self._thread = threading.Thread(target=self._follow, name="mattock-progress", daemon=True)

    def __enter__(self) -> Self:
        self._bars.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._bars.stop()

    def _follow(self) -> None:
        while True:
            try:
                self.show(self._look())
            except CommandError:
                # The result is awaited by another way, and tells what there is to tell.
                return
            if self._over.wait(EVERY):
                return

    def show(self, details: dict[str, Any]) -> None:
        """Draws a run as it is now."""
        for task in details["tasks"][:MAX_BARS]:
            told = task.get("progress") or {}
            started, over = task.get("numSpawnedChildren") or 0, task.get("numFinishedChildren") or 0
            fraction = 1.0 if task["status"] == "COMPLETED" else told.get("fraction")
            if fraction is None and started:
                fraction = over / started
            text = told.get("text") or _children(task) or _batch(task) or task["status"].lower()
            key = task["taskExternalId"]
            if key not in self._known:
                name = task["displayName"].rsplit("-", 1)[0]
                self._known[key] = self._bars.add_task(name, total=None, told="")
            # Without a fraction the bar moves to and fro.
            total = None if fraction is None else 1.0
            self._bars.update(self._known[key], completed=fraction or 0.0, total=total, told=text)
