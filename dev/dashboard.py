"""Builds the dashboard; with `--check` only says if what is committed is stale: `python3 dev.py dashboard [--check]`.

The built files are committed, so that a server needs no Node.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "dashboard"
BUILT = ROOT / "engine" / "mattock_engine" / "dashboard"
TYPES = SOURCE / "src" / "api" / "schema.d.ts"

# Bytes of compressed JavaScript that a browser loads before it shows the first page.
MOST_OF_FIRST_VIEW = 250 * 1024
_SCRIPT = re.compile(r'(?:src|href)="/(assets/[^"]+\.js)"')
_IMPORT = re.compile(r'(?:import|from)\s*"\./([^"]+\.js)"')


def npm(*arguments: str) -> None:
    """Runs npm in the dashboard's folder; ends the program if it fails."""
    done = subprocess.run(["npm", *arguments], cwd=SOURCE, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"npm {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def first_view(built: Path) -> int:
    """Bytes of compressed JavaScript of the page: its scripts, and all that they import before they run."""
    waiting = [built / path for path in _SCRIPT.findall((built / "index.html").read_text())]
    sizes: dict[Path, int] = {}
    while waiting:
        file = waiting.pop()
        if file not in sizes:
            text = file.read_text()
            sizes[file] = len(gzip.compress(text.encode()))
            waiting += [file.parent / name for name in _IMPORT.findall(text)]
    return sum(sizes.values())


def check_size(built: Path) -> None:
    """Ends the program if the first view asks for too much."""
    size = first_view(built)
    if not 0 < size <= MOST_OF_FIRST_VIEW:
        sys.exit(f"the first view takes {size} bytes of compressed JavaScript; at most {MOST_OF_FIRST_VIEW} are wanted")


def main(check: bool) -> int:
    """Builds; returns 1 if checking and something is stale."""
    npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
    if not check:
        npm("run", "types")
        npm("run", "build")
        check_size(BUILT)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        npm("exec", "--", "openapi-typescript", "../contracts/openapi.json", "-o", str(fresh / "schema.d.ts"))
        npm("run", "check")
        npm("exec", "--", "vite", "build", "--outDir", str(fresh / "built"), "--emptyOutDir")
        check_size(fresh / "built")
        stale = (fresh / "schema.d.ts").read_bytes() != TYPES.read_bytes() or contents(fresh / "built") != contents(
            BUILT
        )
    if stale:
        print("stale: the dashboard; run `python3 dev.py dashboard`", file=sys.stderr)
    return int(stale)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
