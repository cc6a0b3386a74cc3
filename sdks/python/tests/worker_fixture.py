"""What the fixture that starts workers is, for the tests that ask for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mattock import Worker

StartWorker = Callable[..., Awaitable[Worker]]
