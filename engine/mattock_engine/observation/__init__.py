"""What tasks tell of themselves while they run, and what is told of runs: nothing here decides anything.

It does not go through the core: it is gathered here, and written beside the rounds, a few times a second.
"""
