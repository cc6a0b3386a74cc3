"""Ids: UUIDs of version 7, which sort by the time at which they were made."""

from __future__ import annotations

import os
import time

# Random digits for one id, and for how many ids they are fetched at once: the call is what costs.
_DIGITS = 20
_AT_ONCE = 256
_VARIANTS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
# The 12 bits behind the milliseconds count the ids of one millisecond, from a random number of 11 bits on (method 1 of
# RFC 9562, section 6.2).
_COUNTER_BITS = 12
_COUNTER = (1 << _COUNTER_BITS) - 1
_SEED = _COUNTER >> 1


class Ids:
    """Makes ids; each is greater than all that it has made before."""

    __slots__ = ("_last", "_pool", "_used")

    def __init__(self) -> None:
        self._pool = ""
        self._used = 0
        # Milliseconds and counter of the last id.
        self._last = 0

    def make(self, ms: int) -> str:
        """An id of a time in ms since 1970, as text of 36 characters.

        A counter that is full takes from the next millisecond; so does a clock that was set back.
        """
        if self._used == len(self._pool):
            self._pool, self._used = os.urandom(_DIGITS // 2 * _AT_ONCE).hex(), 0
        text = self._pool[self._used : self._used + _DIGITS]
        self._used += _DIGITS
        now = ms << _COUNTER_BITS
        self._last = now | (int(text[:3], 16) & _SEED) if now > self._last | _COUNTER else self._last + 1
        stamp = f"{self._last:015x}"
        return f"{stamp[:8]}-{stamp[8:12]}-7{stamp[12:]}-{_VARIANTS[text[3]]}{text[4:7]}-{text[7:19]}"

    def forget(self) -> None:
        """Draws other random digits."""
        self._pool, self._used = "", 0


_ids = Ids()
# A forked process must not make its parent's ids.
os.register_at_fork(after_in_child=_ids.forget)


def new_id() -> str:
    """A new id, as text of 36 characters: greater than each that this process has made before.

    What is made in a bulk has its order by id too, so that the oldest of it can be told.
    """
    return _ids.make(time.time_ns() // 1_000_000)
