"""The repository around a command: its git state, its settings, its index, and what that index may do."""
