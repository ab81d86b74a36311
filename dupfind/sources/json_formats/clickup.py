"""Tasks of ClickUp's API, whose states belong to a type that is open, done or closed."""

from dupfind.sources.json_formats.keyed import Keyed
from dupfind.sources.tracker_table import TrackerTable

FORMAT = Keyed(
    TrackerTable(
        known_by="id | name | status.status | text_content, date_created",
        fields={
            "id": "id",
            "title": "name",
            "body": "text_content | markdown_description | description",
            "state": "status.type | status.status",
            "created": "date_created",
            "updated": "date_updated",
            "closed": "date_closed | date_done",
            "url": "url",
        },
        closed_words="done | closed",
    )
)
