"""Incidents of ServiceNow's table API, with the same fields as its CSV."""

from dataclasses import replace

from dupfind.sources.csv_formats import servicenow
from dupfind.sources.json_formats.keyed import Keyed

FORMAT = Keyed(replace(servicenow.TABLE, known_by="number | short_description | sys_id, sys_created_on"))
