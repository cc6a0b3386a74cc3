"""The event loop of servers and replicas."""

from __future__ import annotations

import asyncio
import gc

GC_THRESHOLD = (20_000, 20, 50)


def new_loop() -> asyncio.AbstractEventLoop:
    """A new one, with a collector that goes with many small objects."""
    import uvloop

    # Runs in memory are many small objects, freed by their counts: the collector looks for cycles less often.
    gc.set_threshold(*GC_THRESHOLD)
    return uvloop.new_event_loop()
