"""New issues against the index and against each other: the gate of a repository."""
