"""Taking turns: what one test process builds or installs in a folder, others beside it find there."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Waits until no other process has its turn in this folder; the kernel ends a turn with its process."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
