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
_RAND_A = 0x0FFF << 64
_RAND_B = (1 << 62) - 1


def new_id() -> str:
    """A new UUIDv7 as text: 48 bits of time in ms, 74 random ones."""
    bits = _random.getrandbits(76)
    number = (time_ns() // 1_000_000 << 80) | _VERSION | (bits & _RAND_A) | _VARIANT | (bits & _RAND_B)
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
