"""Texts to unit vectors: engines, tokenizer, weights."""
