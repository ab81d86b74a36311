"""Roundup's CSV export."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="id | title | creation | activity",
        fields={
            "id": "id",
            "title": "title",
            "body": "message | description",
            "state": "status",
            "resolution": "resolution",
            "created": "creation",
            "updated": "activity",
            "duplicate_of": "superseder",
        },
        open_words="languishing | open",
    )
)
