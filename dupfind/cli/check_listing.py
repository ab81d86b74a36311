"""The findings of `dupfind check` as a list for programs, and the words of each."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dupfind.check.fail_rule import FailRule
from dupfind.check.results import CheckAnswer, CheckMatch, CheckResult
from dupfind.records import state_in_words
from dupfind.reports.listing import Annotation, ListAnswer

if TYPE_CHECKING:
    from dupfind.check.drafts import Draft

_COLUMNS = (
    *(
        "file",
        "new_id",
        "new_title",
        "failed",
        "rank",
        "id",
        "source",
        "project",
        "title",
        "state",
        "resolution",
    ),
    *("url", "score", "probability", "verdict", "kind", "new", "indexed", "why"),
)
_SHOWN = ("id", "file", "new_title", "verdict", "score", "title", "state", "why")


def check_listing(answer: CheckAnswer, drafts: "Sequence[Draft]", rule: FailRule) -> ListAnswer:
    """Return the list: all originals for JSON and tables, and for GitHub and SARIF those that a person is shown.

    Args:
        answer: Of the check.
        drafts: The new issues, in the order of the results.
        rule: By which the check fails.
    """
    document = answer.document()
    for finding, draft in zip(document["findings"], drafts, strict=True):
        finding["file"] = draft.place
    rows = [
        row
        for finding, result in zip(document["findings"], answer.results, strict=True)
        for row in _rows(finding, result, rule)
    ]
    annotations = [
        _annotation(draft, original)
        for draft, result in zip(drafts, answer.results, strict=True)
        if (original := rule.shown(result)) is not None
    ]
    return ListAnswer(document, document["findings"], _COLUMNS, rows, _SHOWN, annotations)


def sentence_parts(original: CheckMatch) -> tuple[str, str, str]:
    """Return verdict, name and facts of an original: "likely", "#1", "(open) 'Crash': score 0.981"."""
    hit = original.hit
    name = f"#{hit.id}" if hit.id.isdigit() else hit.id
    facts = [
        state_in_words(hit.state, hit.resolution) or "no state",
        *([hit.url] if hit.url else []),
        *(["new"] if original.is_new else []),
        *([f"{original.file}, not indexed"] if original.file else []),
    ]
    probability = "" if hit.probability is None else f", probability {hit.probability:.3f}"
    why = f"; {original.why}" if original.why else ""
    return (
        hit.verdict or "perhaps a",
        f"{hit.project or ''}{name}",
        f"({', '.join(facts)}) {hit.title!r}: score {hit.score:.3f}{probability}{why}",
    )


def _rows(finding: dict[str, Any], result: CheckResult, rule: FailRule) -> Iterator[dict[str, Any]]:
    for original, match in zip(finding["originals"], result.originals, strict=True):
        yield {
            **original,
            "file": finding["file"],
            "new_id": finding["id"],
            "new_title": finding["title"],
            "failed": rule.fails(match),
        }


def _annotation(draft: "Draft", original: CheckMatch) -> Annotation:
    verdict, name, facts = sentence_parts(original)
    return Annotation(
        "warning",
        f"{verdict} duplicate of {name}",
        f"{draft.record.title or '(no title)'!r} is {verdict if verdict.endswith(' a') else f'a {verdict}'}"
        f" duplicate of {name} {facts}",
        draft.file,
        draft.line,
        original.hit.verdict or "score",
        f"{draft.file} {draft.record.id} {original.hit.source} {original.hit.project} {original.hit.id}",
    )
