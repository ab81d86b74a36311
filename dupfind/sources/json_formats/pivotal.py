"""Stories of Pivotal Tracker's API."""

from dataclasses import replace

from dupfind.sources.csv_formats import pivotal
from dupfind.sources.json_formats.keyed import Keyed

_TABLE = pivotal.SHEET.table

FORMAT = Keyed(
    replace(
        _TABLE,
        known_by="id | name | current_state | story_type",
        fields={**_TABLE.fields, "title": "name"},
    )
)
