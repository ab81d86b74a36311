"""Files that hold issues: one file a container."""
