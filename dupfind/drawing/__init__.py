"""Drawing: an evaluation as text for a terminal, as a picture, and as JSON (pure)."""
