"""To-dos of Basecamp's API."""

from dupfind.sources.json_formats.keyed import Keyed
from dupfind.sources.markup import hypertext
from dupfind.sources.tracker_table import TrackerTable

FORMAT = Keyed(
    TrackerTable(
        known_by="id | content | completed | app_url, visible_to_clients, bucket",
        fields={
            "id": "id",
            "title": "title | content",
            "body": "description",
            "state": "completed",
            "created": "created_at",
            "updated": "updated_at",
            "closed": "completion.created_at",
            "url": "app_url",
            "project": "bucket.name",
        },
        open_words="false",
        closed_words="true",
        markup=hypertext.as_text,
    )
)
