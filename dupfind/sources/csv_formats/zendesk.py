"""Zendesk's CSV export of tickets, which has no texts but the subject unless a description was chosen."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="id, ticket_id | subject | requester | status, ticket_status",
        fields={
            "id": "id | ticket_id",
            "title": "subject",
            "body": "description | comment | first_comment",
            "state": "status | ticket_status",
            "created": "created_at | requested | created | ticket_created",
            "updated": "updated_at | updated | ticket_updated",
            "closed": "solved_at | solved | ticket_solved",
        },
        open_words="hold | on-hold",
    )
)
