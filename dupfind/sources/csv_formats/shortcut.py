"""Shortcut's CSV export of stories."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="id | name | is_completed",
        fields={
            "id": "id",
            "title": "name",
            "body": "description",
            "state": "is_completed",
            "created": "created_at",
            "updated": "updated_at",
            "closed": "completed_at",
            "url": "app_url | url",
            "project": "project",
        },
        open_words="false | no",
        closed_words="true | yes",
    )
)
