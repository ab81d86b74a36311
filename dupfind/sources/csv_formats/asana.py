"""Asana's CSV export, in which a task has no state but the time of its completion."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="task_id | name | completed_at | notes, section_column",
        fields={
            "id": "task_id",
            "title": "name",
            "body": "notes",
            "created": "created_at",
            "updated": "last_modified",
            "closed": "completed_at",
            "project": "projects",
        },
    )
)
