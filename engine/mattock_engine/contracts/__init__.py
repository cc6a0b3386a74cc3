"""Generated from `contracts`."""
