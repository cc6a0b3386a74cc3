"""What has to be set before any test's imports."""

from __future__ import annotations

import os

# Tests start programs while gRPC's threads run; its handlers for forks abort the child then.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
