"""JSON exports and API answers of trackers: one file a tracker."""
