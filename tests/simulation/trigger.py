"""What starts runs: callers, events, schedules, crons."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from mattock_engine.core import command as c

from .world import CALLER, World


def trigger(world: World) -> None:
    """A caller starts runs; it may hear no answer, and ask again."""
    names = ["plain", "plain", "lifo", "slow", "large", "diamond", "guarded"]
    names += ["keyed", "keyed", "newest", "progress", "limited", "limited", "sticky", "bound", "waiting"]
    names += ["choosy", "choosy", "choosy-large"]
    names += ["durable", "durable", "durable-dag", "once", "batched", "batched", "batched-dag"]
    names += ["capped", "capped-dag", "debounced", "debounced", "metered", "metered"]
    items = []
    for _ in range(world.random.choice([1, 1, 1, 2, 30])):
        item = c.TriggerItem(world.new_id(), world.random.choice(names), priority=world.random.choice([0, 0, 1, 2, 3]))
        if world.random.random() < 0.1:
            item.extra = c.Extra(ttl=world.random.choice([1.0, 30.0]))
        item.input = f'{{"key":"{world.random.choice("abc")}"}}' if world.random.random() < 0.95 else "{}"
        if world.random.random() < 0.3:
            parent = world.any_task()
            if parent is not None:
                item.parent_task_id = parent
                item.child_key = f"k{world.random.randint(0, 5)}"
        items.append(item)
    _ask(world, c.Trigger(items, watch_session=CALLER if world.random.random() < 0.5 else ""), items)


def push(world: World) -> None:
    """Events come."""
    events = [
        c.EventItem(
            world.new_event_id(),
            world.random.choice(["e:1", "e:2", "e:3", "other"]),
            f'{{"key":"{world.random.choice("abc")}"}}',
            scope=world.random.choice(["", "s", "t"]),
        )
        for _ in range(world.random.randint(1, 4))
    ]
    command = c.PushEvents(events)
    _ask(world, command, [command])


def _ask(world: World, command: c.Trigger | c.PushEvents, said: Sequence[c.TriggerItem | c.PushEvents]) -> None:
    """A caller asks, and asks again if it never got an answer; `said` is what says that it does."""
    crash = world.crash_point()
    replies = world.run(command, crash=crash)
    if crash:
        for each in said:
            each.again = True
        replies = world.run(command)
    world.note_reply(command, replies[0])


def schedule(world: World) -> None:
    """Runs are scheduled."""
    rows = [
        c.ScheduleRow(
            schedule_id=world.new_id(),
            workflow=world.random.choice(["plain", "diamond", "limited"]),
            at=world.now + world.random.choice([-1.0, 0.5, 2.0, 30.0, 200.0]),
            input='{"key":"a"}',
        )
        for _ in range(world.random.choice([1, 1, 12]))
    ]
    command = c.PutSchedules(rows)
    replies = world.run(command)
    world.note_reply(command, replies[0])


def change_schedules(world: World) -> None:
    """Schedules get other times, or are taken away."""
    waiting = sorted(each for each in world.scheduled if not world.store.schedules[each].run_id)
    if not waiting:
        return
    chosen = world.random.sample(waiting, min(len(waiting), 2))
    if world.random.random() < 0.3:
        world.scheduled.difference_update(chosen)
        world.run(c.DropSchedules(chosen))
    else:
        rows = [copy.copy(world.store.schedules[each]) for each in chosen]
        times = [world.now + world.random.choice([-1.0, 1.0, 50.0]) for _ in rows]
        world.run(c.ChangeSchedules(rows, times), crash=world.crash_point())


def change_cron(world: World) -> None:
    """A cron is made, or changed."""
    crons = world.tenant.state.crons
    if len(crons) < 3:
        row = c.CronRow(cron_id=world.new_id(), workflow="limited", expression="*/5 * * * * *", name=world.new_id())
        world.run(c.PutCron(row), crash=world.crash_point())
        return
    cron_id = world.random.choice(sorted(crons))
    command = c.ChangeCron(
        cron_id,
        enabled=world.random.random() < 0.8,
        overlap=world.random.choice([None, "allow", "skip", "queue", "cancel"]),
        missed=world.random.choice([None, "skip", "one", "all"]),
        jitter=world.random.choice([None, 0.0, 2.0]),
    )
    if not crons[cron_id].declared:
        command.expression = world.random.choice([None, "*/5 * * * * *", "*/11 * * * * *"])
    world.run(command, crash=world.crash_point())
