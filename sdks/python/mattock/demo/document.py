"""Finding and cutting up text files; nothing in here knows of Mattock."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_SUFFIXES = """
    .c .cfg .cpp .css .csv .go .h .html .ini .java .js .json .md .proto .py .rs .rst .sh .sql .toml .ts .tsx .txt .yaml
    .yml
"""
SUFFIXES = frozenset(_SUFFIXES.split())
SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "dist", "build", "venv"})
MAX_FILE_BYTES = 512 * 1024
MAX_FILES = 2_000
SECTION_LINES = 40

_WORD = re.compile(r"[^\W\d_]{4,}")
# Too common in English, Python and Markdown to say anything about a document.
_COMMON_WORDS = """
    about after also because been before class does each else error false from have import into itself none only other
    return returns self should some string than that their them then there these they this true type value when where
    which while will with without your annotations future typing
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def find_files(folder: Path) -> Iterator[Path]:
    """Text files below a folder, in order of their path, without hidden, built and very large ones."""
    found = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED_FOLDERS)
        for name in sorted(names):
            path = Path(place, name)
            if path.suffix.lower() in SUFFIXES and 0 < path.stat().st_size <= MAX_FILE_BYTES:
                yield path
                found += 1
                if found == MAX_FILES:
                    return


def split(text: str) -> list[str]:
    """Cuts a text into sections of about forty lines, at empty lines where there are any."""
    sections: list[str] = []
    current: list[str] = []
    for line in text.splitlines():
        current.append(line)
        if (len(current) >= SECTION_LINES and not line.strip()) or len(current) >= 2 * SECTION_LINES:
            sections.append("\n".join(current))
            current = []
    if any(line.strip() for line in current):
        sections.append("\n".join(current))
    return sections


def count_words(sections: list[str]) -> Counter[str]:
    """How often each word of four letters or more occurs, without the commonest."""
    words = (word.lower() for section in sections for word in _WORD.findall(section))
    return Counter(word for word in words if word not in _COMMON)
