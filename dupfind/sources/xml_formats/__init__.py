"""Exports of trackers as XML: one file a tracker, which turns an element into an issue of its JSON format."""
