"""iTop's CSV export of tickets, whose start date is the time of creation."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.markup import hypertext
from dupfind.sources.tracker_table import TrackerTable


def _as_markdown(text: str) -> str:
    """Convert a text; the export writes HTML or plain texts, as the user chooses."""
    return hypertext.as_text(text) if text.lstrip().startswith("<") else text


SHEET = Sheet(
    TrackerTable(
        known_by="ref | title | start_date | last_update | "
        "caller, caller_name, caller_full_name, organization, organization_name",
        fields={
            "id": "ref",
            "title": "title",
            "body": "description",
            "state": "status | operational_status",
            "resolution": "resolution_code",
            "created": "start_date",
            "updated": "last_update",
            "closed": "close_date | resolution_date",
        },
        markup=_as_markdown,
    )
)
