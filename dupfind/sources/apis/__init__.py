"""Trackers read over the network: one file a service."""
