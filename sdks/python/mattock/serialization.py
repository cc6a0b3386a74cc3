"""Inputs and outputs as JSON: pydantic models, dataclasses, TypedDicts, plain dicts, anything pydantic knows."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Generic, TypeVar, is_typeddict

from pydantic import BaseModel, TypeAdapter
from pydantic_core import from_json, to_json

T = TypeVar("T")

# The output of a task that was skipped.
SKIPPED = b'{"skipped":true}'
_PLAIN = (Any, None, type(None), dict, object)


class Codec(Generic[T]):
    """Turns values of one type into JSON and back.

    Args:
        type_: the type; Any, None and dict are passed through without a look.
    """

    __slots__ = ("_adapter", "_class", "nothing", "type")

    def __init__(self, type_: Any) -> None:
        self.type = type_
        plain = any(type_ is known for known in _PLAIN)
        self._adapter: TypeAdapter[T] | None = None if plain else TypeAdapter(type_)
        # Instances of these need no validation before they are written.
        checked = isinstance(type_, type) and (issubclass(type_, BaseModel) or dataclasses.is_dataclass(type_))
        self._class: type | None = type_ if checked and not is_typeddict(type_) else None
        # What is read where nothing was written.
        self.nothing = type_ is None or type_ is type(None)

    def dump(self, value: T) -> bytes:
        """JSON of a value; b"" for None.

        Raises:
            ValueError: the value is not of the type, or cannot be written (pydantic says where).
        """
        if value is None:
            return b""
        adapter = self._adapter
        if adapter is None:
            return to_json(value)
        if self._class is None or not isinstance(value, self._class):
            value = adapter.validate_python(value)
        return adapter.dump_json(value, by_alias=True, round_trip=True)

    def load(self, data: bytes) -> T:
        """The value that a JSON text stands for; None for b"" where the type allows it.

        Raises:
            ValueError: the text is not JSON, or not of the type.
        """
        adapter = self._adapter
        if adapter is None:
            return from_json(data) if data and not self.nothing else None  # type: ignore[return-value]
        return adapter.validate_json(data or b"null")

    def load_input(self, data: bytes) -> T:
        """As `load`, but nothing is read as an empty object: inputs are objects."""
        if self.nothing:
            return None  # type: ignore[return-value]
        return self.load(data or b"{}")

    def schema(self) -> bytes:
        """The type's JSON schema; b"" if there is none to tell."""
        if self._adapter is None:
            return b""
        try:
            return to_json(self._adapter.json_schema())
        except Exception:  # some types have no schema; that is no reason not to run them
            return b""


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object; an empty one for no text, and for JSON that is none."""
    found = json.loads(data) if data else {}
    return found if isinstance(found, dict) else {}
