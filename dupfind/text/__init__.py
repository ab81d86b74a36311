"""The text of a record: composition, boilerplate, terms, and what two texts have in common."""
