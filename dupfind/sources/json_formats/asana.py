"""Tasks of Asana's API and its JSON export, whose state is the time of completion."""

from dupfind.sources.json_formats.keyed import Keyed
from dupfind.sources.tracker_table import TrackerTable

FORMAT = Keyed(
    TrackerTable(
        known_by="gid | name | notes, completed",
        fields={
            "id": "gid",
            "title": "name",
            "body": "notes",
            "state": "completed",
            "created": "created_at",
            "updated": "modified_at",
            "closed": "completed_at",
            "url": "permalink_url",
        },
        open_words="false",
        closed_words="true",
    )
)
