"""What has to be set before any test's imports, and the folder for temporary files."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

# Tests start programs while gRPC's threads run; its handlers for forks abort the child then.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

_FOLDER = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """A folder of this session alone: in the shared one, another session's start shuts out a running Postgres."""
    if config.option.basetemp is None:
        config.stash[_FOLDER] = config.option.basetemp = tempfile.mkdtemp(prefix="mattock-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Removes it."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
