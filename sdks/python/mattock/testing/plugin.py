"""The pytest plugin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .engine import Engine, engine


@pytest.fixture
def mattock_engine() -> Iterator[Engine]:
    """An engine in memory that skips time; the test fails if it leaves runs unfinished (see `mattock.testing`)."""
    with engine() as found:
        yield found
