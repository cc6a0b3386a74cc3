"""The `mattock` command."""
