"""Nearest neighbours: exact and approximate, and their snapshot files."""
