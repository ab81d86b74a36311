"""Fine-tuning: labelled pairs, the recipes, the trainer, and the card of what came out.

Nothing here is imported before it is needed: torch and sentence-transformers take seconds.
"""
