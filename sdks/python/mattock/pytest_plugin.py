"""The pytest plugin: every pytest loads it wherever the SDK is installed, so it imports nothing until it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import Engine


@pytest.fixture
def mattock_engine() -> Iterator[Engine]:
    """An engine in memory that skips time; the test fails if it leaves runs unfinished (see `mattock.testing`)."""
    from .testing import engine

    with engine() as found:
        yield found
