"""A workflow's definition as JSON, every default written out, so that two versions can be compared."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

import msgspec

from ...core.definition import WorkflowDefinition
from . import model

# Fields that hold JSON as text.
_TEXTS = ("metadata", "input_schema", "cron_input", "payload")


def config_of(definition: WorkflowDefinition) -> model.Object:
    """A definition as an object of plain values."""
    found = _plain(definition)
    assert isinstance(found, dict)
    return found


def _plain(value: Any, name: str = "") -> Any:
    if isinstance(value, msgspec.Struct):
        return {field: _plain(getattr(value, field), field) for field in value.__struct_fields__}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if name in _TEXTS:
        return json.loads(value) if value else None
    return value
