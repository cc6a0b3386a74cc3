"""Ids: UUIDs of version 7, which sort by the time at which they were made."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """A new id, as text of 36 characters."""
    millis = time.time_ns() // 1_000_000
    text = os.urandom(10).hex()
    stamp = f"{millis:012x}"
    variant = "89ab"[int(text[3], 16) & 3]
    return f"{stamp[:8]}-{stamp[8:]}-7{text[:3]}-{variant}{text[4:7]}-{text[7:19]}"
