"""The record that a webhook gives."""

from dupfind.service.webhooks import webhook_record


def test_a_comment_for_some_people_only_is_not_in_the_record_of_a_webhook() -> None:
    comments = [
        {"body": "all"},
        {"body": "staff only", "visibility": {"type": "role", "value": "Developers"}},
    ]
    fields = {"summary": "lamp", "status": {"name": "Open"}, "comment": {"comments": comments}}
    record = webhook_record(
        {"issue": {"key": "LA-1", "fields": fields}, "webhookEvent": "jira:issue_created"}
    )
    assert record is not None
    assert [comment.text for comment in record.comments] == ["all"]
