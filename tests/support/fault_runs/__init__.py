"""Runs of random faults against an index and a service, for tests of seconds and `benchmarks/faults.py` of hours."""
