"""Pins all dependencies, direct and indirect, in the root's pyproject.toml: `python3 dev.py pin`.

The pins are constraints between two marker lines: versions only, so that they hold with any package registry (a lock
file would name the one it was made with). Argument `--keep`: take the versions of the present lock, not the newest.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
BEGIN = "# pins: begin (written by `python3 dev.py pin`)"
END = "# pins: end"


def write_pins(pins: list[str]) -> None:
    """Replaces what stands between the marker lines."""
    lines = "".join(f'  "{pin}",\n' for pin in pins)
    block = f"{BEGIN}\nconstraint-dependencies = [\n{lines}]\n{END}"
    text = PROJECT.read_text("utf-8")
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not pattern.search(text):
        sys.exit(f"pin: no marker line {BEGIN!r} in {PROJECT.name}")
    PROJECT.write_text(pattern.sub(lambda _: block, text), "utf-8")


def exported(uv: str) -> list[str]:
    """The locked versions as requirement lines; a marker only where one name has several versions."""
    command = [uv, "export", "--quiet", "--all-packages", "--all-groups", "--all-extras", "--no-emit-workspace"]
    command += ["--no-hashes", "--no-annotate", "--no-header"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    lines = [line.strip() for line in output.splitlines() if "==" in line]
    count = Counter(line.split("==")[0] for line in lines)
    return [line if count[line.split("==")[0]] > 1 else line.split(";")[0].strip() for line in lines]


def main(uv: str, *options: str) -> None:
    """Locks, and writes the pins."""
    before = PROJECT.read_text("utf-8")
    try:
        if "--keep" not in options:
            write_pins([])
        subprocess.run([uv, "lock", "--quiet", *([] if "--keep" in options else ["--upgrade"])], cwd=ROOT, check=True)
        write_pins(exported(uv))
        subprocess.run([uv, "lock", "--quiet"], cwd=ROOT, check=True)
    except BaseException:
        PROJECT.write_text(before, "utf-8")
        raise


if __name__ == "__main__":
    main(*sys.argv[1:])
