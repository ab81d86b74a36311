"""Freshdesk's CSV export of tickets."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="ticket_id | subject | created_time",
        fields={
            "id": "ticket_id",
            "title": "subject",
            "body": "description | description_text",
            "state": "status",
            "created": "created_time",
            "updated": "last_update_time | last_updated_time",
            "closed": "closed_time | resolved_time",
        },
        open_words="2 | 3",
        closed_words="4 | 5",
    )
)
