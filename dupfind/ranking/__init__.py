"""Pure: features of candidates to an order."""
