"""One benchmark at a time: two would measure each other."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


class Busy(Exception):
    """Another benchmark runs on this machine."""


@contextlib.contextmanager
def hold() -> Iterator[None]:
    """Holds the machine's benchmark lock; the kernel frees it when the process ends, however it ends.

    Raises:
        Busy: another has it.
    """
    path = Path(tempfile.gettempdir()) / "mattock-bench.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise Busy(f"another benchmark runs on this machine (pid {pid}); wait for it, or end it") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
