"""What a trigger must satisfy, whichever protocol it came by."""

from __future__ import annotations

import re

import msgspec

from .command import EventItem, Extra, ScheduleRow, TriggerItem
from .error import Code, Refused, invalid

MAX_CHILD_KEY = 255
# Levels of arrays and objects in each other.
MAX_DEPTH = 200
MAX_EVENT_KEY = 1000
# Ten years: longer times are mistakes, and dates that far away cannot be stored.
MAX_SECONDS = 10 * 366 * 86_400.0
# The year 9999.
_LAST_TIME = 253_402_300_799.0
_decode = msgspec.json.Decoder().decode
_uuid = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def check_payload(field: str, text: str, limit: int) -> None:
    """Refuses text that is no JSON object, holds a NUL, or is above the limit (bytes)."""
    if text == "{}":
        return
    if len(text) > limit:
        raise Refused(Code.INVALID_ARGUMENT, f"{field}: {len(text)} bytes are above the limit of {limit} bytes", field)
    try:
        value = _decode(text)
    except msgspec.DecodeError as error:
        raise invalid(field, f"is not valid JSON: {error}") from error
    except RecursionError as error:
        raise invalid(field, "is nested too deeply") from error
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(value):
        raise invalid(field, f"is nested too deeply; expected up to {MAX_DEPTH} levels")
    if type(value) is not dict:
        raise invalid(field, f"expected a JSON object, got {_name(value)}")
    if "\\u0000" in text and _has_nul(value):
        raise invalid(field, "holds a NUL character (\\u0000), which cannot be stored")


def _is_deep(value: object) -> bool:
    """True if JSON data has more levels than others can be expected to read: some read it recursively."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(_has_nul(inner) for inner in value)


def _name(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def check_seconds(field: str, seconds: float) -> float:
    """A length of time, if it can be one."""
    if not 0 <= seconds <= MAX_SECONDS:
        raise invalid(field, f"{seconds:g} s is out of range; expected 0 to {MAX_SECONDS:g}")
    return seconds


def time_or_none(at: float) -> float | None:
    """A client's time (seconds since 1970), None if it is none or cannot be stored."""
    return at if 0 < at < _LAST_TIME else None


def check_schedule(row: ScheduleRow, limit: int) -> ScheduleRow:
    """A schedule, if its time, input, metadata and priority are as they must be."""
    item = TriggerItem(row.schedule_id, row.workflow, row.input, row.metadata, row.priority, row.parent_task_id)
    item.child_key = row.child_key
    check_item(item, limit)
    row.input, row.metadata = item.input, item.metadata
    if time_or_none(row.at) is None:
        raise invalid("triggerAt", "expected a time up to the year 9999")
    return row


def check_event(event: EventItem, limit: int) -> EventItem:
    """An event, if its key, payload, metadata and priority are as they must be."""
    if not event.key or len(event.key) > MAX_EVENT_KEY or "\0" in event.key:
        raise invalid("key", f"expected 1 to {MAX_EVENT_KEY} characters without NUL")
    if len(event.scope) > MAX_EVENT_KEY or "\0" in event.scope:
        raise invalid("scope", f"expected up to {MAX_EVENT_KEY} characters without NUL")
    if not event.payload:
        event.payload = "{}"
    check_payload("payload", event.payload, limit)
    if event.metadata:
        check_payload("additional_metadata", event.metadata, limit)
        if event.metadata == "{}":
            event.metadata = ""
    if not 0 <= event.priority <= 3:
        raise invalid("priority", f"{event.priority} is out of range; expected 1 to 3")
    return event


def check_item(item: TriggerItem, limit: int) -> None:
    """Refuses an item whose input, metadata or priority is not as it must be."""
    if not item.input:
        item.input = "{}"
    check_payload("input", item.input, limit)
    if item.metadata:
        check_payload("additional_metadata", item.metadata, limit)
        if item.metadata == "{}":
            item.metadata = ""
    if not 0 <= item.priority <= 3:
        raise invalid("priority", f"{item.priority} is out of range; expected 1 to 3")
    if len(item.child_key) > MAX_CHILD_KEY or "\0" in item.child_key:
        raise invalid("child_key", f"expected up to {MAX_CHILD_KEY} characters without NUL")
    if item.parent_task_id and not is_uuid(item.parent_task_id):
        raise invalid("parent_task_run_external_id", f"{item.parent_task_id[:60]!r} is no UUID")
    if not is_uuid(item.run_id):
        raise invalid("run_id", f"{item.run_id[:60]!r} is no UUID")


def extra_of(ttl: float) -> Extra | None:
    """What a trigger says beside its columns: seconds that the run may wait for its start, 0 for the default."""
    if not ttl:
        return None
    if not 0.001 <= ttl <= MAX_SECONDS:
        raise invalid("ttl", f"{ttl:g} s is out of range; expected 1 ms or more, up to ten years")
    return Extra(ttl=ttl)


def is_uuid(text: str) -> bool:
    """True for the 36 characters of a lower-case UUID."""
    return _uuid(text) is not None


def text_of(field: str, data: bytes) -> str:
    """Bytes of JSON as text."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise invalid(field, "is not valid UTF-8") from error


def output_of(text: str) -> tuple[str, str]:
    """A completion's output as `(output, error)`: text that cannot be stored makes the attempt fail."""
    if not text:
        return "", ""
    try:
        value = _decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return "", f"The task's output is not valid JSON: {error}"
    if "\\u0000" in text and _has_nul(value):
        return "", "The task's output holds a NUL character (\\u0000), which cannot be stored"
    return text, ""


def error_text(text: str) -> str:
    """An error's text without what cannot be stored."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text
