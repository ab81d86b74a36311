"""Which repository, which index, and what a found index may do."""
