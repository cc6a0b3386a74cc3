"""The pytest plugin: every pytest loads it wherever the SDK is installed, so it imports nothing until it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .testing import Engine

_BROKEN_OFF = pytest.StashKey[bool]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
    """Notes that a test came not to its end: what it leaves over is no news then."""
    if call.when == "call" and call.excinfo is not None:
        item.stash[_BROKEN_OFF] = True


@pytest.fixture
def mattock_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine in memory that skips time; the test fails if it leaves runs unfinished (see `mattock.testing`)."""
    from .testing import engine

    with engine() as found:
        yield found
        if request.node.stash.get(_BROKEN_OFF, False):
            found.allow_unfinished = True
