"""Tests across packages: simulation, crashes, conformance, the server."""
