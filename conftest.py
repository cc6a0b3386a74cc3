"""What has to be set before any test's imports, and the folder for temporary files."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

# Tests start programs while gRPC's threads run; its handlers for forks abort the child then.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

_FOLDER = pytest.StashKey[str]()
_TESTS = Path(__file__).parent / "tests"


def pytest_configure(config: pytest.Config) -> None:
    """A folder of this session alone: in the shared one, another session's start shuts out a running Postgres."""
    if config.option.basetemp is None:
        config.stash[_FOLDER] = config.option.basetemp = tempfile.mkdtemp(prefix="mattock-tests-")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `-n 2 --dist loadgroup` two halves run beside each other, each in its usual order."""
    for item in items:
        apart = item.path.is_relative_to(_TESTS / "conformance") or item.path.is_relative_to(_TESTS / "crash")
        item.add_marker(pytest.mark.xdist_group("conformance" if apart else "others"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Removes it."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
