"""Tables in memory: DataFrames, Arrow data and lists become records, and results become tables."""
