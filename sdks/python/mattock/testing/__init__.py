"""Tests of tasks and workflows without a server: an engine in memory that skips the time that nobody works in.

```
async def test_a_reminder_comes_after_a_week():
    async with mattock.testing.engine(remind) as engine:
        ref = await remind.aio_run_no_wait({"user": "ada"})
        assert await ref.aio_result() == "reminded"      # milliseconds later
        assert engine.elapsed >= timedelta(days=7)
```

With pytest, the fixture `mattock_engine` is such an engine (`mattock_engine.serve(remind)`).

The engine is the real one but for its store, which is in memory, and its clock. Time is skipped while somebody awaits
the result of a run, and no task is at work: to the next time at which anything is due. Otherwise it passes as usual.
"""

from .engine import Engine, LeakedRuns, engine
from .mock import MockedTask

__all__ = ["Engine", "LeakedRuns", "MockedTask", "engine"]
