"""Sessions that listen."""

from __future__ import annotations


class MetadataListener:
    """A session that listens to all runs with a metadata pair: which it has seen, and which still run."""

    __slots__ = ("running", "seen")

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.seen = False
