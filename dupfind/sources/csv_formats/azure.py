"""The CSV of an Azure DevOps query, whose texts are HTML; a bug has its text in other columns than a story."""

from dupfind.sources.csv_formats.sheet import Sheet
from dupfind.sources.markup import hypertext
from dupfind.sources.tracker_table import TrackerTable

SHEET = Sheet(
    TrackerTable(
        known_by="id | work_item_type",
        fields={
            "id": "id",
            "title": "title | title_1 | title_2 | title_3 | title_4",
            "body": "description",
            "state": "state",
            "resolution": "resolved_reason | resolution",
            "created": "created_date",
            "updated": "changed_date",
            "closed": "closed_date | resolved_date",
            "project": "team_project",
            "duplicate_of": "duplicate_of",
        },
        more_body=("repro_steps", "system_info", "acceptance_criteria"),
        closed_words="removed",
        markup=hypertext.as_text,
    )
)
