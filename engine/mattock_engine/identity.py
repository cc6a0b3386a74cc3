"""Ids: UUIDs of version 7, which sort by the time at which they were made."""

from __future__ import annotations

import os
import time

# Random digits for one id, and for how many ids they are fetched at once: the call is what costs.
_DIGITS = 20
_AT_ONCE = 256
_VARIANTS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
_pool = ""
_used = 0


def new_id() -> str:
    """A new id, as text of 36 characters."""
    global _pool, _used
    if _used == len(_pool):
        _pool, _used = os.urandom(_DIGITS // 2 * _AT_ONCE).hex(), 0
    text = _pool[_used : _used + _DIGITS]
    _used += _DIGITS
    stamp = f"{time.time_ns() // 1_000_000:012x}"
    return f"{stamp[:8]}-{stamp[8:]}-7{text[:3]}-{_VARIANTS[text[3]]}{text[4:7]}-{text[7:19]}"


def _forget() -> None:
    global _pool
    _pool = _pool[:_used]


# A forked process must not make its parent's ids.
os.register_at_fork(after_in_child=_forget)
