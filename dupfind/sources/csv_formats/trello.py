"""The CSV export of a Trello board, whose lists are the states of its cards."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="card_id | card_name | list_name",
        fields={
            "id": "card_id",
            "title": "card_name",
            "body": "card_description",
            "state": "list_name",
            "updated": "last_activity_date",
            "url": "card_url",
            "project": "board_name",
        },
    )
)
