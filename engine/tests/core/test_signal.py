"""Signals to durable tasks: heard in the order in which they came, whichever process made their ids."""

from __future__ import annotations

import json

from mattock_engine.core import command as c
from mattock_engine.core.subscription import SIGNAL_PREFIX

from .tenancy import Tenancy

MS = "01a2255d-5d01"
TASK = f"{MS}-7000-8000-000000000000"


def signal(event_id: str) -> c.EventItem:
    """A message with its id in it, as it is sent."""
    return c.EventItem(event_id, f"{SIGNAL_PREFIX}{TASK}/go", json.dumps({"id": event_id, "data": TASK}), scope=TASK)


def test_ids_follow_the_order_in_which_they_came() -> None:
    tenancy = Tenancy()
    given = [f"{MS}-{place}-8000-000000000000" for place in ("7fff", "7001", "7fff", "7002")]
    told = [tenancy.apply(c.PushEvents([signal(each)]))[0] for each in given[:2]]
    told += tenancy.apply(c.PushEvents([signal(each) for each in given[2:]]))
    assert told[0] == given[0]
    assert told == sorted(set(told))
    assert told[1] == "01a2255d-5d02-7000-8000-000000000000"
    stored = tenancy.store.pushed
    assert [event.event_id for event in stored] == told
    assert [json.loads(event.payload) for event in stored] == [{"id": each, "data": TASK} for each in told]


def test_what_is_sent_again_keeps_its_id() -> None:
    tenancy = Tenancy()
    early, late = (f"{MS}-{place}-8000-000000000000" for place in ("7001", "7fff"))
    tenancy.apply(c.PushEvents([signal(late)]))
    assert tenancy.apply(c.PushEvents([signal(early)], True)) == [early]
    # Events of other keys are not heard one after the other.
    assert tenancy.apply(c.PushEvents([c.EventItem(early, "paid", "{}")])) == [early]
