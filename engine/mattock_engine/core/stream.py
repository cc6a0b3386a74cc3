"""A task's stream: chunks in index order, kept within the run for listeners that come late."""

from __future__ import annotations

# Bytes of chunks that a task keeps for late listeners; the oldest are dropped beyond it.
KEEP_BYTES = 1 << 20
# Chunks that may wait for a missing index before the gap is given up.
MAX_GAP = 256


class TaskStream:
    """Chunks of one task.

    A chunk with an index is passed on when all lower ones have been; one without an index at once. A new attempt starts
    at index 0 again; what earlier attempts streamed stays.

    Args:
        midway: an attempt that may have streamed under an earlier owner, which knew how far it was: the first chunk
            that comes of it is passed on, whatever its index.

    Attributes:
        kept: attempt, index and data of chunks, in order.
    """

    __slots__ = ("_attempt", "_bytes", "_midway", "_next", "_waiting", "kept")

    def __init__(self, midway: int | None = None) -> None:
        self._midway = midway
        self.kept: list[tuple[int, int, bytes]] = []
        self._bytes = 0
        self._attempt = 0
        self._next = 0
        self._waiting: dict[int, bytes] = {}

    def put(self, attempt: int, index: int | None, data: bytes) -> list[tuple[int, int, bytes]]:
        """Takes a chunk; returns those that can be passed on now, in order."""
        if attempt != self._attempt:
            if attempt < self._attempt:
                return []
            self._attempt, self._next, self._waiting = attempt, 0, {}
        if index is None:
            index = self._next
        if self._midway == attempt:
            self._next = index
        self._midway = None
        if index < self._next:
            return []
        self._waiting[index] = data
        if index > self._next and len(self._waiting) <= MAX_GAP:
            return []
        return self._pass_on(flush=len(self._waiting) > MAX_GAP)

    def flush(self) -> list[tuple[int, int, bytes]]:
        """The task is final: passes on what waited for an index that will not come."""
        return self._pass_on(flush=True)

    def _pass_on(self, flush: bool) -> list[tuple[int, int, bytes]]:
        ready: list[tuple[int, int, bytes]] = []
        while self._waiting:
            if self._next not in self._waiting:
                if not flush:
                    break
                self._next = min(self._waiting)
            ready.append((self._attempt, self._next, self._waiting.pop(self._next)))
            self._next += 1
        for chunk in ready:
            self.kept.append(chunk)
            self._bytes += len(chunk[2])
        while self._bytes > KEEP_BYTES:
            self._bytes -= len(self.kept.pop(0)[2])
        return ready
