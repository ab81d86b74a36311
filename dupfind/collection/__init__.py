"""The classes that users hold: open an index, search it, write to it."""
