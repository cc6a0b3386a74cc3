"""Ids of runs: UUIDs of version 7, made by the caller."""

from __future__ import annotations

import os
import random
from time import time_ns

_random = random.Random()
# A forked child would otherwise go on with its parent's sequence.
os.register_at_fork(after_in_child=_random.seed)

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_RAND_B = (1 << 62) - 1
# The 12 bits behind the milliseconds count the ids of one millisecond, from a random number of 11 bits on (method 1 of
# RFC 9562, section 6.2).
_COUNTER_BITS = 12
_COUNTER = (1 << _COUNTER_BITS) - 1
_SEED = _COUNTER >> 1
# Milliseconds and counter of the last id.
_last = 0


def new_id() -> str:
    """A new UUIDv7 as text: greater than each that this process has made before.

    So the runs of a bulk have its order by id too, and the oldest of them can be told.
    """
    global _last
    bits = _random.getrandbits(73)
    now = time_ns() // 1_000_000 << _COUNTER_BITS
    # A counter that is full takes from the next millisecond; so does a clock that was set back.
    _last = now | (bits >> 62) & _SEED if now > _last | _COUNTER else _last + 1
    stamp, counter = _last >> _COUNTER_BITS, _last & _COUNTER
    number = (stamp << 80) | _VERSION | (counter << 64) | _VARIANT | (bits & _RAND_B)
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def ms_of(id: str) -> int:
    """When an id was made, ms since 1970."""
    return int(id[:8] + id[9:13], 16)
