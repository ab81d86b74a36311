"""A divided run on the machines of a Ray cluster."""
