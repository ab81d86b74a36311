"""The CSV of a Notion database with the times that Notion keeps; its id is a property that few databases have."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="name | status | created_time",
        fields={
            "id": "id | task_id | issue_id | ticket_id",
            "title": "name",
            "body": "description | details | notes | summary | text",
            "state": "status",
            "created": "created_time",
            "updated": "last_edited_time",
            "closed": "closed | completed_on | completed",
            "url": "url",
            "duplicate_of": "duplicate_of",
        },
        has_line_ids=True,
    )
)
