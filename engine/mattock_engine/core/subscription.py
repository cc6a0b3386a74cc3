"""Which workflows an event key starts."""

from __future__ import annotations

import re

# Keys of messages to running tasks: they start no workflow.
SIGNAL_PREFIX = "mattock:signal/"


class Subscriptions:
    """Workflows by the event keys that start them. `*` in a key stands for any characters."""

    __slots__ = ("_exact", "_keys_of", "_matched", "_wild")

    # Event keys whose matches are kept.
    KEEP = 4096

    def __init__(self) -> None:
        self._keys_of: dict[str, tuple[str, ...]] = {}
        self._exact: dict[str, dict[str, None]] = {}
        self._wild: dict[str, re.Pattern[str]] = {}
        self._matched: dict[str, tuple[str, ...]] = {}

    def put(self, workflow: str, keys: tuple[str, ...]) -> None:
        """A workflow is started by these keys, and no others."""
        if self._keys_of.get(workflow, ()) == keys:
            return
        self._keys_of[workflow] = keys
        self._matched.clear()
        self._exact, self._wild = {}, {}
        for name, its in self._keys_of.items():
            for key in its:
                self._exact.setdefault(key, {})[name] = None
                if "*" in key:
                    self._wild[key] = re.compile(".*".join(re.escape(part) for part in key.split("*")), re.DOTALL)

    def match(self, key: str) -> tuple[str, ...]:
        """Names of the workflows that the key starts."""
        found = self._matched.get(key)
        if found is None:
            names = dict(self._exact.get(key, ())) if "*" not in key else {}
            for wild, pattern in self._wild.items():
                if pattern.fullmatch(key):
                    names.update(self._exact[wild])
            if len(self._matched) >= self.KEEP:
                self._matched.clear()
            found = self._matched[key] = tuple(names)
        return found
