"""Hybrid retrieval: both legs of a query, their candidates, their order."""
