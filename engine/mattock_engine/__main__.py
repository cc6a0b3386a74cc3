"""`python -m mattock_engine`: the server without the SDK's command line."""

from __future__ import annotations

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main(prog="mattock-engine"))
