"""Issues, user stories and tasks of Taiga's API."""

from dupfind.sources.json_formats.keyed import Keyed
from dupfind.sources.tracker_table import TrackerTable

FORMAT = Keyed(
    TrackerTable(
        known_by="ref | subject | is_closed | status_extra_info, project_extra_info",
        fields={
            "id": "ref",
            "title": "subject",
            "body": "description",
            "state": "is_closed",
            "created": "created_date",
            "updated": "modified_date",
            "closed": "finished_date | finish_date",
            "project": "project_extra_info.slug | project_extra_info.name",
        },
        open_words="false",
        closed_words="true",
    )
)
