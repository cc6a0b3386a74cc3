"""Expressions in CEL: keys of concurrency and rate limits, filters of events, conditions.

The language is CEL with its strings extension, and `checksum(text)` (SHA-256, hex). An expression sees JSON data under
the names that its place declares; what those are is said where it is compiled.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

import re2

from .error import invalid

if TYPE_CHECKING:
    import cel
else:

    def _load_cel() -> Any:
        """The library's compiled module alone: its package loads its command line too, and half a second of imports."""
        package = find_spec("cel")
        found = package and PathFinder.find_spec("cel.cel", package.submodule_search_locations)
        if not found or not found.loader:
            raise ModuleNotFoundError("expressions need the package common-expression-language", name="cel")
        module = module_from_spec(found)
        found.loader.exec_module(module)
        return module

    cel = _load_cel()

# Characters of an expression's text.
MAX_TEXT = 10_000
# A variable that a macro binds: the library counts it among those that are read.
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*(\w+)\s*,")


class ExpressionError(Exception):
    """An expression could not be evaluated, or gave something else than what its place needs."""


class Facts:
    """Data by name that many expressions look at: it is made ready once for all that read the same of it.

    Making it ready takes ten times as long as a simple expression does, and much longer if there is much of it.
    """

    __slots__ = ("_called", "_context", "_ready", "_values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)
        self._context = cel.Context()
        # Names of what the context has: variables, functions.
        self._ready: set[str] = set()
        self._called: set[str] = set()

    def put(self, name: str, value: Any) -> None:
        """Sets or changes one of them."""
        self._values[name] = value
        self._ready.discard(name)

    def context(self, names: frozenset[str], functions: Mapping[str, Callable[..., Any]]) -> Any:
        """What an evaluation that reads these names, and calls these functions, is given."""
        if not names <= self._ready:
            for name in names - self._ready:
                if name in self._values:
                    self._context.add_variable(name, self._values[name])
            self._ready.update(names)
        if functions and not functions.keys() <= self._called:
            for name in functions.keys() - self._called:
                self._context.add_function(name, functions[name])
            self._called.update(functions)
        return self._context


class Expression:
    """A compiled expression.

    Attributes:
        text: as it was written.
        names: the variables that it reads.
    """

    __slots__ = ("_functions", "_program", "names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._program = cel.compile(text)
        self.names = frozenset(self._program.variables())
        # Each function that an evaluation is given costs more than a simple expression does.
        called = set(self._program.functions())
        self._functions = {name: function for name, function in _FUNCTIONS.items() if name in called}

    def evaluate(self, variables: Mapping[str, Any] | Facts) -> Any:
        """Its value.

        Args:
            variables: JSON data by name; only what the expression reads is looked at.

        Raises:
            ExpressionError: it cannot be evaluated with this data.
        """
        facts = variables if isinstance(variables, Facts) else Facts(variables)
        context = facts.context(self.names, self._functions)
        try:
            return self._program.execute(context)
        except KeyError as error:
            raise ExpressionError(f"no such key: {error.args[0]}") from error
        except Exception as error:
            raise ExpressionError(str(error).splitlines()[0] if str(error) else type(error).__name__) from error

    def text_value(self, variables: Mapping[str, Any] | Facts) -> str:
        """Its value, which must be a string."""
        value = self.evaluate(variables)
        if not isinstance(value, str):
            raise ExpressionError(f"gave {_kind(value)}, expected a string")
        if "\0" in value:
            raise ExpressionError("gave a string with a NUL character, which cannot be stored")
        return value

    def number_value(self, variables: Mapping[str, Any] | Facts) -> int:
        """Its value, which must be a number (fractions are dropped)."""
        value = self.evaluate(variables)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ExpressionError(f"gave {_kind(value)}, expected a number")
        if value != value or abs(value) > 2**53:
            raise ExpressionError(f"gave {value}, which is out of range")
        return int(value)

    def truth_value(self, variables: Mapping[str, Any] | Facts) -> bool:
        """Its value, which must be true or false."""
        value = self.evaluate(variables)
        if not isinstance(value, bool):
            raise ExpressionError(f"gave {_kind(value)}, expected true or false")
        return value


@lru_cache(maxsize=4096)
def compiled(text: str) -> Expression:
    """The expression of that text.

    Raises:
        Exception: it is none; the library says why. What `check_expression` has passed is one.
    """
    return Expression(text)


def check_expression(field: str, text: str, names: frozenset[str]) -> str:
    """The text, if it is an expression over these variables.

    Raises:
        Refused: INVALID_ARGUMENT; names the field and what is wrong.
    """
    if not text.strip():
        raise invalid(field, "is empty; expected a CEL expression")
    if len(text) > MAX_TEXT or "\0" in text:
        raise invalid(field, f"is no CEL expression of up to {MAX_TEXT} characters")
    try:
        expression = compiled(text)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise invalid(field, f"{text[:200]!r} is no CEL expression: {reason[:300]}") from error
    unknown = sorted(expression.names - names - set(_BOUND.findall(text)))
    if unknown:
        raise invalid(field, f"{unknown[0]!r} is not known here; expected {', '.join(sorted(names))}")
    return text


def data_of(text: str) -> Any:
    """JSON text as data for expressions; an empty text is an empty object."""
    return json.loads(text) if text else {}


def _kind(value: Any) -> str:
    names = {bool: "a truth value", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a map"}
    return "null" if value is None else names.get(type(value), type(value).__name__)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _char_at(text: str, index: int) -> str:
    return text[index] if 0 <= index < len(text) else _out_of_range(index)


def _out_of_range(index: int) -> Any:
    raise ValueError(f"index out of range: {index}")


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    return text.replace(old, new, count)


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if not separator:
        return list(text) if limit < 0 else [*text[: limit - 1], text[limit - 1 :]]
    return text.split(separator, limit - 1 if limit > 0 else -1)


def _substring(text: str, start: int, end: int | None = None) -> str:
    end = len(text) if end is None else end
    return text[start:end] if 0 <= start <= end <= len(text) else str(_out_of_range(start))


def _index_of(text: str, part: str, start: int = 0) -> int:
    return text.find(part, start)


def _last_index_of(text: str, part: str, last: int | None = None) -> int:
    return text.rfind(part, 0, None if last is None else last + len(part))


def _ascii(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "".join(change(letter) if letter.isascii() else letter for letter in text)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "checksum": _checksum,
    "charAt": _char_at,
    "indexOf": _index_of,
    "join": lambda parts, separator="": str(separator).join(parts),
    "lastIndexOf": _last_index_of,
    "lowerAscii": _ascii(str.lower),
    # RE2, as CEL has it: linear in the text, whatever the pattern.
    "matches": lambda text, pattern: re2.search(pattern, text) is not None,
    "replace": _replace,
    "reverse": lambda text: text[::-1],
    "split": _split,
    "substring": _substring,
    "trim": str.strip,
    "upperAscii": _ascii(str.upper),
}
