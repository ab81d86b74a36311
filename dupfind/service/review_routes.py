"""The review page and its routes: one person's review, in which every answer is written at once."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dupfind.decisions import ANSWERS
from dupfind.json_output import SCHEMA_VERSION, record_fields
from dupfind.records import Record
from dupfind.reports.display import link, name, plain
from dupfind.review.session import Review, ReviewQuestion
from dupfind.service.explanations import explanation_fields
from dupfind.service.responses import Refusal, json_response
from dupfind.service.routes import read_json
from dupfind.service.static import static

T = TypeVar("T")

MAX_BODY = 20_000
"""Characters of a body that the page shows."""

MAX_ROW_ID = 2**63 - 1  # SQLite's largest; sqlite3 fails at a larger integer


class ReviewRoutes:
    """The routes of one review; requests use it one at a time."""

    def __init__(self, review: Review) -> None:
        """Take a review whose collection nobody else uses."""
        self._review = review
        self._lock = threading.Lock()

    @property
    def routes(self) -> Sequence[Route]:
        """The page's files and the requests that it sends."""
        return (
            *static("/review", "/review.css", "/review.js"),
            Route("/review/next", self._next, methods=["GET"]),
            Route("/review/pair", self._pair, methods=["GET"]),
            Route("/review/decide", self._decide, methods=["POST"]),
            Route("/review/undo", self._undo, methods=["POST"]),
        )

    async def _next(self, _: Request) -> Response:
        """Return the most informative question, or null."""
        return await self._respond(lambda review: _fields(review, review.next()))

    async def _pair(self, request: Request) -> Response:
        """Return an earlier question."""
        row_ids = _row_ids(dict(request.query_params), int)
        return await self._respond(lambda review: _fields(review, _question(review, row_ids)))

    async def _decide(self, request: Request) -> Response:
        """Write an answer, and return the next question."""
        fields = await read_json(request)
        row_ids, answer, why = _row_ids(fields, _integer), fields.get("answer"), fields.get("why", "")
        if answer not in ANSWERS:
            raise Refusal(400, f"answer must be one of {', '.join(ANSWERS)}")
        if not isinstance(why, str):
            raise Refusal(400, "why must be a string")

        def decide(review: Review) -> dict[str, Any]:
            review.decide(_question(review, row_ids), answer, why)
            return _fields(review, review.next())

        return await self._respond(decide)

    async def _undo(self, request: Request) -> Response:
        """Take the last decision back, and return its pair as the question."""
        await read_json(request)

        def undo(review: Review) -> dict[str, Any]:
            undone = review.take_back()
            if undone is None:
                raise Refusal(409, "there is no decision to undo")
            decision, row_ids = undone
            question = None if row_ids is None else review.question(row_ids)
            return {"taken_back": str(decision), **_fields(review, question or review.next())}

        return await self._respond(undo)

    async def _respond(self, call: Callable[[Review], dict[str, Any]]) -> Response:
        return json_response(await asyncio.to_thread(self._locked, call))

    def _locked(self, call: Callable[[Review], T]) -> T:
        with self._lock:
            return call(self._review)


def _question(review: Review, row_ids: tuple[int, int]) -> ReviewQuestion:
    question = review.question(row_ids)
    if question is None:
        raise Refusal(404, "one of the two issues has changed or is gone: reload the page")
    return question


def _fields(review: Review, question: ReviewQuestion | None) -> dict[str, Any]:
    fields: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "open": review.n_open, "question": None}
    if question is not None:
        candidate = question.candidate
        fields["question"] = {
            "rows": list(candidate.rows),
            "issues": [_issue(record) for record in (question.first, question.second)],
            "score": candidate.score,
            "margin": candidate.margin,
            "probability": candidate.probability,
            "verdict": candidate.verdict,
            "kind": candidate.kind,
            "answer": question.answer,
            "why": explanation_fields(question.reasons),
        }
    return fields


def _issue(record: Record) -> dict[str, Any]:
    """Return an issue as the page shows it: a shortened body, no invisible characters in its title, a safe link."""
    return {
        **record_fields(record),
        "name": name(record),
        "title": plain(record.title),
        "url": link(record),
        "body": record.body[:MAX_BODY],
        "is_cut": len(record.body) > MAX_BODY,
    }


def _row_ids(fields: Mapping[str, Any], read: Callable[[Any], int]) -> tuple[int, int]:
    """Return the pair's row ids, the smaller first."""
    try:
        first, second = sorted(read(fields[key]) for key in ("first", "second"))
    except (KeyError, ValueError, TypeError):
        raise Refusal(400, "first and second must be the rows of a question") from None
    if not 0 < first < second <= MAX_ROW_ID:
        raise Refusal(400, "first and second must be the rows of a question")
    return first, second


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value
