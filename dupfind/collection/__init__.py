"""The public classes: open an index, search it, write to it."""
