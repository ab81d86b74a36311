"""ClickUp's CSV export, with times in milliseconds since 1970."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="task_id | task_name | status, task_status, task_content, date_created",
        fields={
            "id": "task_id",
            "title": "task_name",
            "body": "task_content | task_description | description",
            "state": "status | task_status",
            "created": "date_created | date_created_text | created_at",
            "updated": "date_updated | date_updated_text | updated_at",
            "closed": "date_closed | date_closed_text | date_done",
            "url": "task_url | url",
        },
    )
)
