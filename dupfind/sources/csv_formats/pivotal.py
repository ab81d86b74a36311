"""Pivotal Tracker's CSV export; old ones call the title a story, and only an accepted story is closed."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="id | title, story | current_state",
        fields={
            "id": "id",
            "title": "title | story",
            "body": "description",
            "state": "current_state",
            "created": "created_at",
            "updated": "updated_at",
            "closed": "accepted_at",
            "url": "url",
        },
        open_words="finished | delivered | rejected | unscheduled",
        closed_words="accepted",
    )
)
