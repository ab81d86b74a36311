"""Which records a search may return."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records a search may return; None means any."""

    state: str | None = None
    project: str | None = None
    source: str | None = None
    before: datetime | None = None
    since: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Return whether every record passes."""
        return self == Filter()
