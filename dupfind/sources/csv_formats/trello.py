"""The CSV export of a Trello board, whose lists are the states of its cards, as in its JSON."""

from dataclasses import replace

from dupfind.records import Record
from dupfind.sources.coerce import flag
from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.json_formats.trello import created_of, is_done
from dupfind.sources.tracker_table import Lookup, TrackerTable


def _completed(record: Record, lookup: Lookup) -> Record:
    """Close a card that is archived, complete or in a list of such cards, and date it by its id."""
    is_closed = flag(lookup("archived")) or flag(lookup("due_complete")) or is_done(lookup("list_name"))
    return replace(record, state="closed" if is_closed else "open", created=created_of(record.id))


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
    ),
    completed=_completed,
)
