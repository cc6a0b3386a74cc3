"""The key ring: a file with the keys that payloads are encrypted by. The first encrypts, all decrypt."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .error import KeyRingInvalid

KEY_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEAD = """\
# Keys of payloads, one `name key` a line: the first encrypts, all decrypt.
# What a key has encrypted is lost with it: keep a copy of this file, away from the database's.
"""


class KeyRing:
    """Keys by name, the one that encrypts first.

    Attributes:
        keys: by name, 32 bytes each.
        source: where they come from, for people.
    """

    def __init__(self, keys: Mapping[str, bytes], source: str) -> None:
        self.keys = dict(keys)
        self.source = source

    @property
    def first(self) -> str:
        """The name of the key that encrypts."""
        return next(iter(self.keys))

    def fingerprint(self, name: str) -> str:
        """Tells keys of one name apart, and nothing about the key."""
        return hashlib.sha256(b"fingerprint/" + self.keys[name]).hexdigest()[:16]


def read_ring(path: Path) -> KeyRing:
    """Reads a ring.

    Raises:
        KeyRingInvalid: it cannot be read, or holds something else than keys.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise KeyRingInvalid(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeyRingInvalid(f"{path} is no text") from None
    keys: dict[str, bytes] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, text = line.strip().partition(" ")
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        # The line itself is a secret: it is not repeated.
        if not _NAME.fullmatch(name) or len(key) != KEY_BYTES:
            raise KeyRingInvalid(f"{path}, line {number}: expected a name and {KEY_BYTES} bytes in base64")
        if name in keys:
            raise KeyRingInvalid(f"{path}, line {number}: there is a key {name!r} already")
        keys[name] = key
    if not keys:
        raise KeyRingInvalid(f"{path} holds no key; `mattock add-key {path}` makes one")
    return KeyRing(keys, str(path))


def add_key(path: Path, name: str) -> None:
    """Makes a key and puts it first into a ring's file, which is made if it is not there (mode 0600).

    Args:
        path: the file.
        name: of the key.

    Raises:
        KeyRingInvalid: the name is taken, or no name; or the file is no ring, or cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise KeyRingInvalid(f"name: {name!r}: expected up to 64 of A-Z, a-z, 0-9, _ and -")
    old = _HEAD
    if path.exists():
        if name in read_ring(path).keys:
            raise KeyRingInvalid(f"name: {path} has a key {name!r} already")
        old = path.read_text("utf-8")
    head = "".join(line for line in old.splitlines(True) if line.startswith("#"))
    rest = "".join(line for line in old.splitlines(True) if not line.startswith("#"))
    fresh = f"{name} {base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"
    try:
        # Whole or not at all: keys must not be lost to a full disk.
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(head + fresh + rest)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise KeyRingInvalid(f"cannot write {path}: {error.strerror}") from None
