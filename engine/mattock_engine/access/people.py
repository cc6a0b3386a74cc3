"""People: who they are, their sessions, and what they may do in which tenant.

A session is a random text in a cookie; its hash stands in the store, so that it can be ended at once. Each replica
remembers for a while whose a session is, and forgets it all when a notice says that something about people changed.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time

import msgspec

from ..core.error import Code, Refused, invalid
from ..identity import new_id
from ..role import Role
from ..store import Store
from .password import hash_password, is_password

SESSION_SECONDS = 7 * 86_400.0
NOTICE = "people"
# Seconds for which a session is believed without a look, should a notice have been lost.
_TRUST_SECONDS = 30.0
_CACHED_SESSIONS = 10_000
# Log-ins that may fail within the window: for one e-mail, and from one address.
FAILURES_OF_EMAIL, FAILURES_OF_ADDRESS, WINDOW_SECONDS = 10, 50, 900.0
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


class Membership(msgspec.Struct, frozen=True):
    """What a person may do in one tenant."""

    tenant_id: str
    slug: str
    name: str
    role: Role


class Person(msgspec.Struct, frozen=True):
    """A person who is logged in.

    Attributes:
        session: the hash of the session.
        until: when it ends, in seconds since 1970.
    """

    person_id: str
    email: str
    name: str
    session: bytes
    until: float
    memberships: tuple[Membership, ...]

    def role_in(self, tenant_id: str) -> Role | None:
        """What this person may do in a tenant; None if it is not theirs."""
        return next((each.role for each in self.memberships if each.tenant_id == tenant_id), None)


class People:
    """Knows people and their sessions; `store` is where they are kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[bytes, tuple[Person, float]] = {}

    # ---- sessions ----

    async def log_in(self, email: str, password: str, address: str) -> str:
        """Begins a session for somebody who knows the password.

        Args:
            email: who.
            password: theirs.
            address: where the request came from.

        Returns:
            The session's text, for a cookie.

        Raises:
            Refused: PERMISSION_DENIED: wrong e-mail or password (not said which); RESOURCE_EXHAUSTED: too many
                log-ins of this e-mail, or from this address, failed in the last quarter of an hour.
        """
        subjects = [f"email {email.lower()}"[:300], f"address {address}"]
        # Noted before it is checked: guesses that come at the same time count each other.
        await self._store.people("note_failure", subjects)
        found = await self._store.people("count_failures", subjects, WINDOW_SECONDS)
        failed = {row["subject"]: row["count"] for row in found}
        if failed.get(subjects[0], 0) > FAILURES_OF_EMAIL or failed.get(subjects[1], 0) > FAILURES_OF_ADDRESS:
            await self._store.people("take_back_failure", subjects)
            raise Refused(Code.RESOURCE_EXHAUSTED, "email: too many log-ins failed; try again in 15 minutes", "email")
        rows = await self._store.people("person_by_email", email)
        if not await is_password(password, rows[0]["password_hash"] if rows else None):
            raise Refused(Code.PERMISSION_DENIED, "password: the e-mail or the password is wrong", "password")
        await self._store.people("forget_failures", subjects[0])
        await self._store.people("take_back_failure", subjects[1:])
        return await self.begin(rows[0]["person_id"])

    async def begin(self, person_id: str) -> str:
        """Begins a session for somebody who is known by other means; its text, for a cookie."""
        text = secrets.token_urlsafe(32)
        await self._store.people("put_session", _hash(text), person_id, time.time() + SESSION_SECONDS)
        return text

    async def who(self, session: str) -> Person:
        """Whose session it is.

        Raises:
            Refused: PERMISSION_DENIED: it is not ours, or over.
        """
        hashed, now = _hash(session), time.time()
        found, trusted = self._known.get(hashed, (None, 0.0))
        if found is not None and now < min(trusted, found.until):
            return found
        rows = await self._store.people("session", hashed)
        if not rows:
            self._known.pop(hashed, None)
            raise Refused(Code.PERMISSION_DENIED, "session: it is over; log in again", "session")
        row = rows[0]
        memberships = await self.memberships(row["person_id"])
        person = Person(row["person_id"], row["email"], row["name"], hashed, row["until"], memberships)
        if len(self._known) >= _CACHED_SESSIONS:
            self._known.clear()
        self._known[hashed] = (person, now + _TRUST_SECONDS)
        return person

    async def log_out(self, session: str) -> None:
        """Ends a session, everywhere. Harmless if there is none."""
        await self._store.people("drop_session", _hash(session))
        await self.changed()

    def on_notice(self, text: str) -> None:
        """A notification of the store: something about people has changed somewhere."""
        if text == NOTICE:
            self.forget()

    def forget(self) -> None:
        """Looks at the store again for whatever is asked next."""
        self._known.clear()

    async def changed(self) -> None:
        """Tells all replicas to forget."""
        self.forget()
        await self._store.cluster.notify(NOTICE)

    # ---- accounts ----

    async def put(self, email: str, name: str, password: str | None) -> str:
        """Makes a person; the id.

        Raises:
            Refused: INVALID_ARGUMENT naming the field; ALREADY_EXISTS: the e-mail is somebody's.
        """
        hashed = None if password is None else await hash_password(password)
        person_id = new_id()
        if not await self._store.people("put_person", person_id, to_email(email), to_name(name), hashed):
            raise Refused(Code.ALREADY_EXISTS, f"email: {email} is a person's already", "email")
        return person_id

    async def by_email(self, email: str) -> str | None:
        """The id of the person with this e-mail."""
        rows = await self._store.people("person_by_email", email)
        return rows[0]["person_id"] if rows else None

    async def knows_password(self, person_id: str, password: str) -> bool:
        """Whether it is this person's password."""
        rows = await self._store.people("person", person_id)
        return await is_password(password, rows[0]["password_hash"] if rows else None)

    async def change_password(self, person: Person, current: str, new: str) -> str:
        """Another password. All sessions end; returns a new one. Who has none yet need not tell the current one.

        Raises:
            Refused: PERMISSION_DENIED: the current one is wrong; INVALID_ARGUMENT: the new one is too short.
        """
        rows = await self._store.people("person", person.person_id)
        hashed = rows[0]["password_hash"] if rows else None
        if hashed is not None and not await is_password(current, hashed):
            raise Refused(Code.PERMISSION_DENIED, "current: it is not the password", "current")
        await self._store.people("set_password", person.person_id, await hash_password(new, "new"))
        await self.changed()
        return await self.begin(person.person_id)

    async def rename(self, person: Person, name: str, email: str) -> None:
        """Another name and e-mail.

        Raises:
            Refused: INVALID_ARGUMENT naming the field; ALREADY_EXISTS: the e-mail is somebody else's.
        """
        if not await self._store.people("rename_person", person.person_id, to_name(name), to_email(email)):
            raise Refused(Code.ALREADY_EXISTS, f"email: {email} is another person's", "email")
        await self.changed()

    async def memberships(self, person_id: str) -> tuple[Membership, ...]:
        """Where a person may do what, the first joined first."""
        rows = await self._store.people("memberships", person_id)
        return tuple(Membership(row["tenant_id"], row["slug"], row["name"], Role[row["role"]]) for row in rows)


def csrf_of(session: str) -> str:
    """What a change must bring beside a session's cookie: it follows from the session, so that no other one will do."""
    return hashlib.sha256(b"csrf/" + session.encode()).hexdigest()


def _hash(session: str) -> bytes:
    return hashlib.sha256(session.encode()).digest()


def to_email(text: str) -> str:
    """An e-mail, as far as one can tell.

    Raises:
        Refused: INVALID_ARGUMENT.
    """
    if not _EMAIL.fullmatch(text.strip()) or not text.isprintable():
        raise invalid("email", f"{text!r} is no e-mail address")
    return text.strip()


def to_name(text: str) -> str:
    """A name for people.

    Raises:
        Refused: INVALID_ARGUMENT.
    """
    name = text.strip()
    if not 0 < len(name) <= 255 or not name.isprintable():
        raise invalid("name", "expected 1 to 255 printable characters")
    return name
