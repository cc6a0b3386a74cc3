"""An engine in memory, with a clock that can be moved: for the tests of those who use us.

It is the real core behind the real gateway of `mattock.v1`. What is not there is what surrounds them: Postgres
(`store`), sockets (`door`), and the time that passes (`engine`, `waiting`).
"""

from ..core.command import StepRow
from ..core.error import Refused
from .door import MemoryCall, MemoryDoor
from .engine import MemoryEngine

__all__ = ["MemoryCall", "MemoryDoor", "MemoryEngine", "Refused", "StepRow"]
