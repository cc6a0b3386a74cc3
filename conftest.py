"""What has to be set before any test's imports, and the folder for temporary files."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

# Tests start programs while gRPC's threads run; its handlers for forks abort the child then.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

_FOLDER = pytest.StashKey[str]()
_ROOT = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """A folder of this session alone: in the shared one, another session's start shuts out a running Postgres."""
    if config.option.basetemp is None:
        config.stash[_FOLDER] = config.option.basetemp = tempfile.mkdtemp(prefix="mattock-tests-")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Collects no garbage while a failure is put in words.

    What is found then may log a traceback of its own, and Python before 3.11.8 cannot parse a source within the parsing
    of another (gh-106905): that would end the session, not the test.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` tests that share a server go to one process. (First: marks are read here too.)"""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group_of(item)))


def _group_of(item: pytest.Item) -> str:
    """The folder of a test, and which of its servers it asks for."""
    top, *below = item.path.relative_to(_ROOT).parts
    folder = below[0] if top == "tests" else top
    indices: dict[str, int] = item.callspec.indices if hasattr(item, "callspec") else {}
    which = [f"{name}{indices[name]}" for name in ("server", "look") if name in indices]
    return "-".join([folder, *which])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fails where groups have no effect: each process would start each server, and the tests take twice their time."""
    if getattr(session.config.option, "loadgroup", False) and any("@" not in item.nodeid for item in session.items):
        raise pytest.UsageError("tests are not grouped: expected versions of pytest and pytest-xdist that fit together")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Removes it."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
