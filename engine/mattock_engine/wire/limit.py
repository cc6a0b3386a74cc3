"""What one client may ask of us."""

from __future__ import annotations

from collections.abc import Callable

from . import frame as f

# What a client may send before it hears from us, for the connection and for one call.
CONNECTION_WINDOW = 16 << 20
STREAM_WINDOW = 8 << 20
MAX_STREAMS = 10_000
# Of one header block in all its frames.
MAX_HEADER_BLOCK = 128 * 1024
MAX_CONTINUATIONS = 64
# Frames that cost us work and carry nothing (resets, pings, settings, empty data): so many at once, so many a second.
MAX_NUISANCE = 10_000
NUISANCE_RATE = 2_000.0
# Bytes of messages that are not whole yet or that no handler has taken.
MAX_HELD = 256 << 20


class Patience:
    """Counts the frames of a client that carry nothing.

    Args:
        now: the time in seconds.
    """

    __slots__ = ("_at", "_left", "_now")

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._at = now()
        self._left = float(MAX_NUISANCE)

    def spend(self) -> None:
        """Such a frame came. Raises ConnectionFault when there were too many."""
        now = self._now()
        self._left = min(float(MAX_NUISANCE), self._left + (now - self._at) * NUISANCE_RATE) - 1
        self._at = now
        if self._left < 0:
            raise f.ConnectionFault(f.ENHANCE_YOUR_CALM, "too many frames that carry nothing")
