"""Which records a search may return."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records a search may return; None means any.

    Attributes:
        state: "open" or "closed".
        project: Name of the project.
        source: Name of the source. A record of another source that is shown in place of one of its own passes, too.
        before: Records created before this time; without a creation time none passes.
        since: Records created at or after this time; without a creation time none passes.
    """

    state: str | None = None
    project: str | None = None
    source: str | None = None
    before: datetime | None = None
    since: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Return whether every record passes."""
        return self == Filter()
