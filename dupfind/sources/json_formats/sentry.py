"""Issues of Sentry's API: errors that it grouped."""

from dupfind.sources.json_formats.keyed import Keyed
from dupfind.sources.tracker_table import TrackerTable

FORMAT = Keyed(
    TrackerTable(
        known_by="shortId | title | culprit | firstSeen",
        fields={
            "id": "shortId",
            "title": "title",
            "body": "metadata.value",
            "state": "status",
            "created": "firstSeen",
            "updated": "lastSeen",
            "url": "permalink",
            "project": "project.slug",
        },
        more_body=("culprit",),
        closed_words="ignored | muted",
    )
)
