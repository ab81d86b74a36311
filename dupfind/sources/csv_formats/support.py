"""Tables of support tickets whose columns all begin with the word ticket; their resolution is an answer in prose."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="ticket_id | ticket_subject | ticket_description",
        fields={
            "id": "ticket_id",
            "title": "ticket_subject",
            "body": "ticket_description",
            "state": "ticket_status",
            "created": "ticket_created | ticket_created_at | created_at",
            "updated": "ticket_updated | ticket_updated_at | updated_at",
        },
    )
)
