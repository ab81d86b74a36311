"""The text of a record: composition, boilerplate, terms, and the comparison of two texts."""
