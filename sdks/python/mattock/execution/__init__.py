"""Running tasks: the worker."""
