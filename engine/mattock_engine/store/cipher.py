"""Texts encrypted at rest: AES-256-GCM, with keys of a ring.

A sealed text is `sealed:1:<key>:<base64>`. Each process derives a key of its own from the ring's (HKDF with a random
salt) and counts its nonces, so that none is ever used twice, however much is written.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import json
import logging
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, cast

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..core.status import DROPPED_BY_TENANT, DROPPED_BY_WORKFLOW
from .keyring import KeyRing

logger = logging.getLogger(__name__)

PREFIX = "sealed:1:"
# Columns of payloads. No other is ever opened: nobody gets a text opened by giving it as a name.
PAYLOADS = frozenset({"input", "output", "error", "payload", "message", "fields", "body", "details"})
# Columns of JSON with payloads in them.
MIXED = frozenset({"extra", "met"})
# Words of the engine's own, by which the database finds what was dropped.
OPEN = (DROPPED_BY_TENANT, DROPPED_BY_WORKFLOW)
_SALT_BYTES, _COUNT_BYTES, _NONCE_BYTES = 16, 8, 12
_PADDING = bytes(_NONCE_BYTES - _COUNT_BYTES)
# Processes whose texts are read between two forgettings.
_DERIVED_KEYS = 4096


class Cipher:
    """Seals texts with the first key of a ring, and opens those of all keys."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        salt = os.urandom(_SALT_BYTES)
        self._salt = salt
        self.prefix = f"{PREFIX}{ring.first}:"
        self._counts = itertools.count(1)
        self._own = _derive(ring.keys[ring.first], salt)
        self._find = lru_cache(_DERIVED_KEYS)(lambda name, salt: _derive(ring.keys[name], salt))

    def seal(self, text: str) -> str:
        """A text, unreadable without the key; "" and `OPEN` stay what they are."""
        if not text or text in OPEN:
            return text
        count = next(self._counts).to_bytes(_COUNT_BYTES, "big")
        sealed = self._own.encrypt(count + _PADDING, text.encode(), None)
        return self.prefix + base64.b64encode(self._salt + count + sealed).decode()

    def open(self, text: str) -> str:
        """What `seal` was given. A text that was not sealed, or by a key that is not there, stays what it is."""
        if not text.startswith(PREFIX):
            return text
        name, _, body = text[len(PREFIX) :].partition(":")
        if name not in self.ring.keys:
            return text
        try:
            data = base64.b64decode(body, validate=True)
            salt, rest = data[:_SALT_BYTES], data[_SALT_BYTES:]
            nonce = rest[:_COUNT_BYTES] + _PADDING
            return self._find(name, salt).decrypt(nonce, rest[_COUNT_BYTES:], None).decode()
        except (binascii.Error, ValueError, InvalidTag):
            logger.error("a text that looks sealed by the key %r is damaged", name)
            return text

    def open_records(self, records: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
        """Rows of the database with what is sealed in their payloads opened."""
        return [self._open_record(record) for record in records]

    def _open_record(self, record: asyncpg.Record) -> asyncpg.Record:
        found = {}
        for name in PAYLOADS.intersection(record.keys()):
            text = record[name]
            if text is not None and text.startswith(PREFIX):
                found[name] = self.open(text)
        for name in MIXED.intersection(record.keys()):
            text = record[name]
            if text is not None and PREFIX in text:
                found[name] = change_mixed(text, self.open)
        # Who reads rows that hold payloads reads them by name.
        return cast(asyncpg.Record, {**dict(record), **found}) if found else record

    def renew(self, column: str, text: str | None) -> str | None:
        """A column's text as the first key seals it; itself if that is how it is sealed."""
        if not text:
            return text
        if column in MIXED:
            return change_mixed(text, lambda part: part if self._is_new(part) else self.seal(self.open(part)))
        return text if self._is_new(text) else self.seal(self.open(text))

    def _is_new(self, text: str) -> bool:
        return not text or text.startswith(self.prefix)


def _derive(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, salt, b"mattock payloads").derive(key))


def change_mixed(text: str, change: Callable[[str], str]) -> str:
    """JSON that holds payloads beside what is searched, with the payloads changed.

    It is a row's `extra` (core/row.py, Extra: its input, and the data of its conditions) or a step's `met`.
    """
    values = json.loads(text)
    if isinstance(values, list):
        made: Any = [[place, change(data)] for place, data in values]
    else:
        made = dict(values)
        if "input" in made:
            made["input"] = change(made["input"])
        if "satisfied" in made:
            made["satisfied"] = [[place, change(data)] for place, data in made["satisfied"]]
    return text if made == values else json.dumps(made, ensure_ascii=False, separators=(",", ":"))
