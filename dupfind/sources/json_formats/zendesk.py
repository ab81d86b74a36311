"""Tickets of Zendesk's API."""

from dupfind.sources.json_formats.keyed import Keyed
from dupfind.sources.tracker_table import TrackerTable

FORMAT = Keyed(
    TrackerTable(
        known_by="id | subject | requester_id | raw_subject, via, ticket_form_id",
        fields={
            "id": "id",
            "title": "subject | raw_subject",
            "body": "description",
            "state": "status",
            "created": "created_at",
            "updated": "updated_at",
            "closed": "solved_at",
        },
        open_words="hold",
        closed_words="deleted",
    )
)
