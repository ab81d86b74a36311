"""Hybrid retrieval: vector search and word search, their candidates, and the pipeline that ranks them."""
