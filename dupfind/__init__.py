"""Find records that say the same thing in other words."""

__version__ = "0.1.0"
