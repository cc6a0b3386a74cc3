"""The benchmark: Mattock and its peers, in turn, on one machine. `python -m bench --help`."""
