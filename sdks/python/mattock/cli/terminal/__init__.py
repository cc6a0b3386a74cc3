"""`mattock top`: the live view in a terminal. Loaded by that command alone, for its library takes a while."""
