"""Work packages of OpenProject's API."""

from dupfind.sources.json_formats.keyed import Keyed
from dupfind.sources.tracker_table import TrackerTable

FORMAT = Keyed(
    TrackerTable(
        known_by="id | subject | _links.status",
        fields={
            "id": "id",
            "title": "subject",
            "body": "description.raw | description",
            "state": "_links.status.title",
            "created": "createdAt",
            "updated": "updatedAt",
            "project": "_links.project.title",
        },
    )
)
