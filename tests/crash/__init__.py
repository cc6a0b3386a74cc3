"""Real processes, killed in the midst of work: what was promised must hold."""
