"""The data directory: who holds it, and the private files in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from pathlib import Path

from .setting import SettingError

LOCK_FILE = "server.lock"
ENV_FILE = "server.env"
TOKEN_FILE = "token"
# A guard needs so long at most to stop Postgres.
GUARD_SECONDS = 10.0


class DataDirectory:
    """A server's hold on its data directory.

    The lock is the kernel's (`flock`): it ends with the process, however that ends, so that none can be stale.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def prepare(self) -> None:
        """Makes the directory, private to the user.

        Raises:
            SettingError: it cannot be made or written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingError(f"--data-dir: cannot make {self.path}: {error.strerror}") from None
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise SettingError(f"--data-dir: {self.path} is not writable for this user")

    def lock(self) -> None:
        """Takes hold of it.

        Raises:
            SettingError: another server has it; names that one's pid.
        """
        self.prepare()
        handle = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _try_lock(handle):
            pid = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            raise SettingError(
                f"--data-dir: {self.path} is in use by another Mattock server (pid {pid}); stop it, or choose another"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._lock = handle

    def unlock(self) -> None:
        """Lets go of it. Harmless twice."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def read(self, name: str) -> str:
        """The text of a file in it, or ""."""
        try:
            return (self.path / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""


def _try_lock(handle: int) -> bool:
    """Takes the lock; waits for a guard that is about to stop a killed server's Postgres (see `guard`)."""
    deadline = time.monotonic() + GUARD_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(handle, 32, 0).strip()
            if not holder.isdigit() or _is_alive(int(holder)) or time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    return True


def write_private(path: Path, text: str) -> None:
    """Writes a file that only the user can read, whole or not at all (a reader never sees a part of it).

    Raises:
        OSError: the folder cannot be written.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
