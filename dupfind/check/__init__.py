"""Check new issues against the index and against each other, before they are filed."""
