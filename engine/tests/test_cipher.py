"""Texts sealed by a key ring."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path

import pytest
from mattock_engine.store.cipher import PREFIX, Cipher, change_mixed
from mattock_engine.store.error import KeyRingInvalid
from mattock_engine.store.keyring import KeyRing, add_key, read_ring

KEYS = {"new": secrets.token_bytes(32), "old": secrets.token_bytes(32)}


def ring(*names: str) -> KeyRing:
    return KeyRing({name: KEYS[name] for name in names}, "here")


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(ring("new", "old"))


@pytest.mark.parametrize("text", ["", "{}", "ä" * 10_000, "sealed:1:new:", "sealed:1:unknown:AAAA", "\x00\n"])
def test_there_and_back(cipher: Cipher, text: str) -> None:
    sealed = cipher.seal(text)
    assert cipher.open(sealed) == text
    assert not text or (sealed.startswith("sealed:1:new:") and text not in sealed[13:])
    # Another process, with the keys in another order.
    assert Cipher(ring("old", "new")).open(sealed) == text


def test_no_nonce_comes_twice(cipher: Cipher) -> None:
    assert len({cipher.seal("same") for _ in range(1000)} | {Cipher(ring("new")).seal("same")}) == 1001


def test_what_cannot_be_opened_stays(cipher: Cipher) -> None:
    sealed = cipher.seal("text")
    body = sealed[len(PREFIX) :]
    for text in ("plain", f"{PREFIX}new:???", f"{PREFIX}new:AAAA", sealed[:-6] + "AAAA==", f"{PREFIX}gone:{body}"):
        assert cipher.open(text) == text
    assert Cipher(ring("old")).open(sealed) == sealed


def test_json_with_payloads_in_it(cipher: Cipher) -> None:
    extra = '{"keys":["a \\"input\\":\\"b"],"satisfied":[[1,"data"],[2,""]],"input":"{}","claim":"c"}'
    sealed = cipher.renew("extra", extra)
    assert sealed is not None
    assert sealed.count("sealed:1:new:") == 2
    assert cipher.renew("extra", sealed) == sealed
    assert change_mixed(sealed, cipher.open) == extra
    assert cipher.renew("met", '[[0,"{}"]]').startswith('[[0,"sealed:1:new:')  # type: ignore[union-attr]
    assert cipher.renew("extra", '{"keys":["a"]}') == '{"keys":["a"]}'


def test_names_are_not_opened(cipher: Cipher) -> None:
    """Whoever gets hold of a sealed text does not get it opened by giving it to the server as a name."""
    sealed = cipher.seal("secret")
    record = {"name": sealed, "key": sealed, "input": sealed, "extra": None, "output": None}
    (opened,) = cipher.open_records([record])  # type: ignore[list-item]
    assert dict(opened) == {**record, "input": "secret"}


def test_the_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    add_key(file, "one")
    add_key(file, "two")
    found = read_ring(file)
    assert list(found.keys) == ["two", "one"]
    assert found.first == "two"
    assert found.keys["one"] != found.keys["two"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for name in ("one", "a b", ""):
        with pytest.raises(KeyRingInvalid, match="name"):
            add_key(file, name)
    with pytest.raises(KeyRingInvalid, match="cannot write"):
        add_key(tmp_path / "nowhere" / "keys", "one")
