"""Starting a worker again whenever its code changes."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from .output import console

LOOK_SECONDS = 0.5
SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})


def run_and_reload(command: list[str], name: str | None, source: str) -> None:
    """Runs a command, and starts it again each time that a Python file in the source's folder has changed.

    Args:
        command: the worker.
        name: the worker's name, or None.
        source: its file or module.
    """
    if name is not None:
        command = [*command, "--name", name]
    folder = Path(source).resolve().parent if source.endswith(".py") else Path.cwd()
    # The terminal's Ctrl-C reaches the worker too, which stops by itself.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    process = subprocess.Popen(command)
    seen = snapshot(folder)
    try:
        while True:
            time.sleep(LOOK_SECONDS)
            now = snapshot(folder)
            if now != seen:
                seen = now
                console.print("Files have changed: starting the worker again", style="dim")
                process.terminate()
                process.wait()
                process = subprocess.Popen(command)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()


def snapshot(folder: Path) -> dict[str, int]:
    """When each Python file below a folder was last changed."""
    found = {}
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).parts
        if not any(part.startswith(".") or part in SKIPPED_FOLDERS for part in parts):
            found[str(path)] = path.stat().st_mtime_ns
    return found
