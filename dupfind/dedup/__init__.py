"""The duplicates of a whole collection: from all pairs to clusters and one Report."""
