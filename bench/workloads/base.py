"""What every workload is: figures, and a way to measure them on one system."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ..plan import Plan
from ..systems import System

Better = Literal["higher", "lower", ""]
Make = Callable[[], System]


@dataclass(frozen=True)
class Target:
    """What a figure has to reach, and what it should."""

    must: float
    aim: float | None = None


@dataclass(frozen=True)
class Figure:
    """One number that a workload gives.

    Attributes:
        key: its name in the results.
        title: its name for the reader.
        unit: its unit.
        better: which way is better; "" if neither.
        digits: digits after the point, for the reader.
        target: targets by system.
    """

    key: str
    title: str
    unit: str
    better: Better = ""
    digits: int = 0
    target: Mapping[str, Target] = field(default_factory=dict)

    @property
    def compared(self) -> bool:
        """True if systems are compared by it: not by what compares a system with itself, or prepares for that."""
        return self.better != "" and self.unit != "×" and self.key not in ("rate_empty", "rate_free")

    def text(self, value: float) -> str:
        """A value for the reader."""
        return f"{value:,.{self.digits}f}".replace(",", "\u202f")


class Workload(ABC):
    """One kind of work.

    Attributes:
        name: as on the command line.
        title: as in the tables.
        how: what is done, for the reader.
        figures: what it gives.
        long: it takes minutes, and brings its own comparison: it has one round.
        only: the systems that it is for; empty: all.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    figures: ClassVar[tuple[Figure, ...]]
    long: ClassVar[bool] = False
    only: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def how(self, plan: Plan) -> str:
        """What is done, for the reader."""

    @abstractmethod
    def measure(self, make: Make, plan: Plan) -> dict[str, float]:
        """Measures one system.

        Args:
            make: makes a new one, to be used with `with`.
            plan: the sizes.

        Returns:
            Values by the keys of the figures.
        """


def scaled(count: int, system: System) -> int:
    """The part of so many tasks that a system is given, so that slow ones end in time."""
    return max(100, int(count * system.share))
