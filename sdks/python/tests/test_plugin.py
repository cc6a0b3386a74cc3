"""The pytest plugin, in a session of a user's: what leaves runs unfinished fails, and nothing else does."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

PROGRAM = """
import os
import threading

from mattock import DurableContext, Mattock

client = Mattock()


@client.durable_task(name="paid")
async def paid(input: dict, ctx: DurableContext) -> str:
    return await ctx.aio_wait_for_signal("money")


@client.durable_task(name="patient")
async def patient(input: dict, ctx: DurableContext) -> list:
    await ctx.aio_sleep_for("7d")
    return [os.getpid(), threading.current_thread().name]


def test_leaky(mattock_engine):
    mattock_engine.serve(paid)
    paid.run_no_wait({})


def test_next_one_has_nothing_of_it(mattock_engine):
    mattock_engine.serve(paid)
    assert mattock_engine.unfinished() == []
    ref = paid.run_no_wait({})
    mattock_engine.sleep(0)
    mattock_engine.signal(ref.run_id, "money", "7")
    assert ref.result() == "7"


def test_left_on_purpose(mattock_engine):
    mattock_engine.allow_unfinished = True
    mattock_engine.serve(paid)
    paid.run_no_wait({})
    mattock_engine.sleep(0)
    assert "money" in mattock_engine.unfinished()[0]


def test_wrong_by_itself(mattock_engine):
    mattock_engine.serve(paid)
    paid.run_no_wait({})
    assert False, "of its own"


def test_a_week_in_this_process(mattock_engine):
    mattock_engine.serve(patient)
    process, thread = patient.run({})
    assert process == os.getpid()
    assert thread != threading.current_thread().name
    assert mattock_engine.elapsed.days == 7


def test_mocked(mattock_engine):
    mattock_engine.serve(patient)
    mocked = mattock_engine.mock(patient, ["mocked"])
    assert patient.run({"n": 1}) == ["mocked"]
    assert mocked.inputs == [{"n": 1}]
    assert mattock_engine.elapsed.days == 0
"""


def test_what_is_left_over_fails_its_test_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_program=PROGRAM)
    # A process of its own, with the plugin as pytest finds it where the SDK is installed.
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    result = pytester.runpytest_subprocess("-rA")
    result.assert_outcomes(passed=5, failed=1, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    # That runs are left over is known only after the test's last line: an error of what ends its fixture.
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_leaky*",
            "E *LeakedRuns: 1 runs are unfinished:",
            "E *paid (*) waits for signal money",
            "ERROR *::test_leaky*",
            # What was wrong with this one is said alone.
            "FAILED *::test_wrong_by_itself*",
        ]
    )
