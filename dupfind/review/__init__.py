"""Reviews: questions about pairs, and the decisions that follow from the answers."""
