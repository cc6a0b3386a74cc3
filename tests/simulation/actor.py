"""Who acts in the world: workers, and the windows of rate limits as they are seen from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import program


@dataclass
class SimulatedWorker:
    """A worker process: what it holds, and whether it is connected."""

    worker_id: str
    session: str = ""
    holds: dict[str, int] = field(default_factory=dict)
    programs: dict[str, program.Program] = field(default_factory=dict)
    tells_held: bool = True


@dataclass
class Window:
    """A window of a rate limit, as it is seen from outside.

    Attributes:
        began_at: when it began.
        limit: of the rate limit now.
        granted: units that it may give: the limit at its beginning, and what it was raised by since.
        given: units that tasks have taken.
    """

    began_at: float
    limit: int
    granted: int
    given: int = 0
