"""iTop's CSV export of tickets, whose start date is the time of creation."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.markup import hypertext
from dupfind.sources.tracker_table import TrackerTable

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
        markup=hypertext.as_text,
    )
)
