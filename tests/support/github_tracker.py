"""A tracker at the stand-in, of which one issue is there already, and its index with verdicts."""

from dupfind.collection.writable import WritableCollection
from dupfind.sources.open import open_source
from tests.support.discussions import Discussions
from tests.support.fake_services import StoredIssue
from tests.support.samples import corpus

OLD = StoredIssue(7, "worker dies when the redis password has a percent sign", "2024-02-01T00:00:00Z")
NEW = StoredIssue(900, "redis password with a percent sign kills the worker", "2024-06-01T00:00:00Z")
OTHER = StoredIssue(901, "the colour of buttons on the settings page is too pale", "2024-06-02T00:00:00Z")

BODIES = {
    OLD: "ValueError: invalid escape, version 3.1",
    NEW: "ValueError: invalid escape, version 4.0",
    OTHER: "make it darker please",
}


def tracker() -> Discussions:
    """A hundred and fifty issues, and these three."""
    others = {
        StoredIssue(100 + int(one.id), one.title, f"2024-03-{1 + int(one.id) % 28:02}T00:00:00Z"): one.body
        for one in corpus(150)
    }
    return Discussions(BODIES | others)


def index(collection: WritableCollection, github: Discussions) -> None:
    """Bring an index up to date with the stand-in."""
    source = open_source(github.location())
    collection.index(source, source=source.name, location=source.location, kind=source.kind)
