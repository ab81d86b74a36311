"""The SQLite database of an index: schema, reading, writing, its lock and snapshots."""
