"""Databases of trackers: one file a tracker."""
