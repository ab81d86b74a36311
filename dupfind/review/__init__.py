"""What people are asked about pairs, and what follows from an answer."""
