"""A run that is divided over machines: its shares, and the files that carry their results."""
