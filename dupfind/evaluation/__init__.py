"""Replay in order of time, metrics and calibration."""
