"""The English names of columns and keys that suggest a field, as `column_names.normalize` writes them."""

from dupfind.sources.column_names import THINGS

_NAMES = {
    "id": (
        "id number key iid issue_id bug_id ticket_id post_id question_id task_id issue_key uuid guid"
        " issue_number ticket_number no nr item_id review_id ref reference ticket_num num id_readable"
        " identifier monogram aid nid tid artifact_id instance_id"
    ),
    "title": (
        "title summary subject name short_desc headline question short_description query item_name review_title"
        " primary_column error_class exception_class"
    ),
    "body": (
        "body description content text comment details message desc contents long_desc body_text"
        " body_markdown question_text problem notes note repro_steps steps_to_reproduce reproduction_steps"
        " long_description preview first_message"
        " original_submission vulnerability_information problem_statement selftext story_text raw review_text review"
    ),
    "state": (
        "open_closed state status issue_state issue_status bug_status ticket_state ticket_status task_status"
        " current_state entity_state workflow_state item_state current_status cur_status cur_state progress phase stage"
    ),
    "resolution": (
        "resolution state_reason close_reason closed_reason close_status closed_status resolution_code closure_code"
        " close_code substate reason"
    ),
    "created": (
        "created created_at created_on created_at_utc creation_ts creation_time creation_date created_date"
        " date_created created_unix opened opened_at date_opened reported reported_at date_submitted"
        " submitted_at filed_at asked_at created_time create_date create_time creation sys_created_on first_seen"
        " detected_on_date detected_on date_detected found_on date_creation"
        " opened_date opened_on open_date open_time logged_at"
        " date_reported reported_on date_raised raised_on date_logged issue_date submit_date submitted_on"
        " date_time_opened opening_date opening_time"
        " conversation_started_at conversation_started_at_utc logged_date created_date_time create_at"
        " review_submit_date_and_time"
        " createdate time timestamp ts date"
    ),
    "updated": (
        "updated updated_at updated_on updated_at_utc updated_date delta_ts changed changed_at changetime"
        " last_change_time last_updated last_modified modified modified_at updated_unix last_activity_date"
        " changed_date date_updated mod_date sys_updated_on update_time last_update_time last_edited_time activity"
        " last_activity last_seen date_last_updated"
        " date_modification date_modified modification_date modified_date modified_on modified_time last_modified_date"
        " last_modified_date_time modify_date modify_time lastmodifieddate hs_lastmodifieddate"
    ),
    "closed": (
        "closed_at closed_on closed_date date_closed closed_time closed_unix closed resolved_at resolved_on"
        " resolutiondate resolution_date resolved completed_at completed_on completed_date completed"
        " close_date close_time closing_date date_completed finished_at finished_date done_at date_done"
        " date_resolved archived_at date_time_closed completed_date_time closed_date_time closedate"
    ),
    "url": "html_url web_url permalink url link issue_url",
    "project": "project project_name project_key full_name repo repository product repository_url",
    "duplicate_of": (
        "duplicate_of dup_of dupe_of duplicateof dupof dupeof duplicate_of_id duplicates_of merged_into"
        " merged_into_id canonical canonical_id original_id superseder superseded_by"
        " duplicate_of_link parent_incident duplicate_of_ids dup_id dupe_id dup_ids dupe_ids duplicate_finding_id"
        " duplicate_report_id original_report_id merged_into_post_id merged_into_idea idea_merged_into"
        " duplicate_id duplicates duplicate_ids duplicate dups dup dupes dupe"
    ),
}
_VERBS = {
    "created": (
        "created opened reported submitted logged raised filed registered entered entry posted received"
        " first_seen first_occurrence"
    ),
    "updated": (
        "updated modified changed edited last_updated last_modified last_changed last_edited last_update last_change"
        " last_edit edit last_modification last_activity last_seen last_occurrence last_posted user_updated change mod"
    ),
    "closed": "closed resolved completed finished done solved ended",
}
"""What happens to an issue at a time, which a column names with one of `_ENDINGS`, or "date" before it."""
_ENDINGS = "", "_at", "_on", "_date", "_time", "_date_time", "_datetime", "_timestamp", "_ts"

_SHORT = ("change", "mod", "edit", "done", "ended", "solved", "finished", "last_posted")
"""Verbs that without an ending name something else."""


def _times(field: str) -> tuple[str, ...]:
    """Return all names of the times of a field: those of `_NAMES`, then each verb with each ending."""
    verbs = _VERBS.get(field, "").split()
    made = (f"{verb}{ending}" for ending in _ENDINGS for verb in verbs if ending or verb not in _SHORT)
    return tuple(made) + tuple(f"date_{verb}" for verb in verbs)


VERBS = frozenset(
    verb
    for field, verbs in _VERBS.items()
    for verb in verbs.split()
    if verb not in _NAMES[field].split() and "_" not in verb
)
"""Names that are those of times only by their values: of "posted" they may be yes and no, of "raised" people."""
LIKELY = {field: (*names.split(), *_times(field)) for field, names in _NAMES.items()}
LIKELY["duplicate_of"] += tuple(
    f"{beginning}_{thing}{end}"
    for beginning in (
        "merged_into",
        "duplicate_of",
        "duplicates",
        "duplicate",
        "duplicated",
        "dup",
        "canonical",
    )
    for thing in THINGS
    for end in ("", "_id", "_key", "_number")
)
"""Names that suggest a field, likeliest first, as `normalize` writes them."""

FILE_IDS = (
    *("ticket_number", "case_number", "incident_number", "number", "iid", "key", "issue_key", "id_readable"),
    *("issue_number", "sequence_id", "formatted_id", "id"),
)
"""In exports of services, `id` is an internal id if one of the others is there too."""
