"""Clusters from pairs and from duplicate links. Nothing here reads an index."""
