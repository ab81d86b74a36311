"""Pure: pairs and duplicate links to clusters."""
