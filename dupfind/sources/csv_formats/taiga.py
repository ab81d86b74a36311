"""Taiga's CSV reports of issues, user stories and tasks."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="ref | subject | is_closed | owner_full_name, owner, assigned_to",
        fields={
            "id": "ref",
            "title": "subject",
            "body": "description",
            "state": "is_closed | status",
            "created": "created_date",
            "updated": "modified_date",
            "closed": "finished_date | finish_date",
        },
        open_words="false | no | 0",
        closed_words="true | yes | 1",
    )
)
