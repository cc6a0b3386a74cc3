"""The guard of the embedded Postgres: stops it when the server was killed and none has taken over.

A small program of its own (standard library only, `python -I -S guard.py DIRECTORY`). It reads its standard input: the
end of that pipe is the end of the server, however that ended. A server that ends in order ends its guard first.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

# A server that is started again within this time takes the running Postgres over.
PATIENCE_SECONDS = 5.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.05


def postmaster(directory: Path) -> int | None:
    """The embedded Postgres' process, None if it does not run."""
    try:
        pid = int((directory / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return None
    return pid


def main(directory: Path) -> None:
    """Waits for the end of the server; then, unless another one holds the directory, stops Postgres."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    time.sleep(PATIENCE_SECONDS)
    lock = os.open(directory / "server.lock", os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    pid = postmaster(directory)
    if pid is None:
        return
    # Postgres' word for a fast, orderly stop.
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    # The lock is held meanwhile, so that no server takes over what is about to end.
    while postmaster(directory) is not None and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    with contextlib.suppress(FileNotFoundError):
        main(Path(sys.argv[1]))
