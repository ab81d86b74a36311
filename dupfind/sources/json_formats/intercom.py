"""Conversations of Intercom's API."""

from dupfind.sources.json_formats.keyed import Keyed
from dupfind.sources.markup import hypertext
from dupfind.sources.tracker_table import TrackerTable

FORMAT = Keyed(
    TrackerTable(
        known_by="id | state | source.body | source.subject",
        fields={
            "id": "id",
            "title": "title | source.subject",
            "body": "source.body",
            "state": "state",
            "created": "created_at",
            "updated": "updated_at",
        },
        open_words="snoozed",
        markup=hypertext.as_text,
    )
)
