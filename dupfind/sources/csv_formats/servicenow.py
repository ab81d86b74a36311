"""ServiceNow's CSV export of incidents, with the names of its columns or of its fields; states may be numbers."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.tracker_table import TrackerTable

TABLE = TrackerTable(
    known_by="number | short_description",
    fields={
        "id": "number",
        "title": "short_description",
        "body": "description",
        "state": "state | incident_state",
        "resolution": "close_code | resolution_code",
        "created": "opened_at | opened | sys_created_on | created",
        "updated": "sys_updated_on | updated",
        "closed": "closed_at | closed | resolved_at | resolved",
        "duplicate_of": "duplicate_of | u_duplicate_of | parent_incident",
    },
    open_words="1 | 2 | 3 | 4 | 5 | work in progress",
    closed_words="6 | 7 | 8 | closed complete | closed incomplete | closed skipped",
)
SHEET = Sheet(TABLE)
