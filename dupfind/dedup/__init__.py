"""The duplicates of a whole collection: all pairs, clusters, one Report."""
