"""Pure: features of candidates to an order and a probability."""
