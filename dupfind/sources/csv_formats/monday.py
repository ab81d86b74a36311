"""An export of a monday.com board with the id of each item."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="name | item_id_auto_generated",
        fields={
            "id": "item_id_auto_generated",
            "title": "name",
            "body": "description | long_text | details | text | notes",
            "state": "status",
            "created": "creation_log | created",
            "updated": "last_updated",
            "url": "link",
            "duplicate_of": "duplicate_of",
        },
        open_words="working on it | stuck",
    )
)
