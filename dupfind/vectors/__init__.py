"""Nearest neighbours: exact and compressed, and their snapshot files."""
