"""CSV exports of trackers: one file a tracker."""
