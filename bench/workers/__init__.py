"""The programs that run the tasks, one a system."""
