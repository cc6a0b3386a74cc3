"""What is public, and that its types are what they should be."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import mattock
from mypy import api

SAMPLE = Path(__file__).parent / "typing_sample.py"

NAMES = """
    ApiKeyAuth Approval BasicAuth BatchContext ClientSettings ConnectionError Context Depends Debounce DurableContext
    DurableTasks Duration EmbeddedError EmbeddedServer EmptyModel EvictionPolicy HmacAuth Idempotency LogLine Mattock
    MattockError NonDeterminismError NonRetryableError PendingApproval QueueLimit RecordedStep RegistrationError
    RequestError RoundRobin RunCancelled RunDetails RunFailed RunItem RunOptions RunRef RunSummary Runs SettingError
    SoleTask SyncInAsyncError Task TaskFailed TaskOptions TriggerError Update Worker WorkerDetails Webhooks
    Workers Workflow WorkflowOptions batch_task durable_task embedded enqueue instrument task worker workflow
"""


def test_public_names_are_these() -> None:
    assert set(mattock.__all__) == set(NAMES.split())
    assert dir(mattock) == sorted(mattock.__all__)
    for name in mattock.__all__:
        assert getattr(mattock, name) is not None
        assert getattr(mattock, name).__doc__ or name == "Duration", name


def test_the_import_loads_nothing() -> None:
    code = "import sys, mattock; print([m for m in ('grpc', 'httpx', 'pydantic') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_types_are_known(tmp_path: Path) -> None:
    """`# is: T` on a line: reveal_type shows T; `# error: code`: that error; anything else is a mistake."""
    lines = SAMPLE.read_text().splitlines()
    out, err, _ = api.run(
        ["--strict", "--no-error-summary", "--hide-error-context", "--cache-dir", str(tmp_path), str(SAMPLE)]
    )
    assert not err
    found: dict[int, list[str]] = {}
    for line in out.splitlines():
        if match := re.match(r".*typing_sample\.py:(\d+): (\w+): (.*)", line):
            found.setdefault(int(match[1]), []).append(match[3])
    for number, text in enumerate(lines, 1):
        told = " ".join(found.pop(number, []))
        if "# is: " in text:
            assert f'Revealed type is "{text.partition("# is: ")[2]}"' in told.replace("builtins.", ""), (
                f"{number}: {told}"
            )
        elif "# error: " in text:
            assert f"[{text.partition('# error: ')[2]}]" in told, f"{number}: {told}"
        else:
            assert not told, f"{number}: {told}"
    assert not found
