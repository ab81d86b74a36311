"""Tickets of Freshdesk's API, whose states are numbers."""

from dupfind.sources.json_formats.keyed import Keyed
from dupfind.sources.markup import hypertext
from dupfind.sources.tracker_table import TrackerTable

FORMAT = Keyed(
    TrackerTable(
        known_by="id | subject | requester_id | responder_id, fr_escalated, description_text",
        fields={
            "id": "id",
            "title": "subject",
            "body": "description_text | description",
            "state": "status",
            "created": "created_at",
            "updated": "updated_at",
            "closed": "stats.closed_at | stats.resolved_at",
        },
        open_words="2 | 3 | 6 | 7",
        closed_words="4 | 5",
        markup=hypertext.as_text,
    )
)
