"""The booth: the review page and its routes, over one review whose every answer is written at once."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dupfind.decisions import ANSWERS
from dupfind.json_output import SCHEMA_VERSION, record_fields
from dupfind.reports.display import link, name, plain
from dupfind.review.session import Review, ReviewQuestion
from dupfind.service.explanations import explanation_fields
from dupfind.service.responses import Refusal, json_response
from dupfind.service.routes import sent
from dupfind.service.static import static

T = TypeVar("T")

MAX_BODY = 20_000
"""Characters of a body that the page shows."""

MAX_ROW = 2**63 - 1


class ReviewRoutes:
    """One person's review, asked by one request at a time."""

    def __init__(self, review: Review) -> None:
        """Take a review whose collection nobody else uses."""
        self._review = review
        self._lock = threading.Lock()

    @property
    def routes(self) -> Sequence[Route]:
        """The page, and what it asks."""
        return (
            *static("/review", "/review.css", "/review.js"),
            Route("/review/next", self._next, methods=["GET"]),
            Route("/review/pair", self._pair, methods=["GET"]),
            Route("/review/decide", self._decide, methods=["POST"]),
            Route("/review/undo", self._undo, methods=["POST"]),
        )

    async def _next(self, _: Request) -> Response:
        """The most informative question, or null."""
        return await self._answer(lambda review: _fields(review, review.next()))

    async def _pair(self, request: Request) -> Response:
        """A question that was asked before."""
        rows = _rows(dict(request.query_params), int)
        return await self._answer(lambda review: _fields(review, _question(review, rows)))

    async def _decide(self, request: Request) -> Response:
        """Keep an answer, and give the next question."""
        given = await sent(request)
        rows, said, why = _rows(given, _whole), given.get("answer"), given.get("why", "")
        if said not in ANSWERS:
            raise Refusal(400, f"answer must be one of {', '.join(ANSWERS)}")
        if not isinstance(why, str):
            raise Refusal(400, "why must be a string")

        def decide(review: Review) -> dict[str, Any]:
            review.decide(_question(review, rows), said, why)
            return _fields(review, review.next())

        return await self._answer(decide)

    async def _undo(self, request: Request) -> Response:
        """Take the last decision back, and ask about its pair again."""
        await sent(request)

        def undo(review: Review) -> dict[str, Any]:
            taken = review.take_back()
            if taken is None:
                raise Refusal(409, "there is nothing to take back")
            decision, rows = taken
            question = None if rows is None else review.question(rows)
            return {"taken_back": str(decision), **_fields(review, question or review.next())}

        return await self._answer(undo)

    async def _answer(self, ask: Callable[[Review], dict[str, Any]]) -> Response:
        return json_response(await asyncio.to_thread(self._alone, ask))

    def _alone(self, ask: Callable[[Review], T]) -> T:
        with self._lock:
            return ask(self._review)


def _question(review: Review, rows: tuple[int, int]) -> ReviewQuestion:
    question = review.question(rows)
    if question is None:
        raise Refusal(404, "one of the two issues has changed or is gone: reload the page")
    return question


def _fields(review: Review, question: ReviewQuestion | None) -> dict[str, Any]:
    told: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "open": review.n_open, "question": None}
    if question is not None:
        candidate = question.candidate
        told["question"] = {
            "rows": list(candidate.rows),
            "issues": [
                record_fields(record)
                | {"name": name(record), "title": plain(record.title), "url": link(record)}
                | {"body": record.body[:MAX_BODY], "is_cut": len(record.body) > MAX_BODY}
                for record in (question.first, question.second)
            ],
            "score": candidate.score,
            "margin": candidate.margin,
            "probability": candidate.probability,
            "answer": question.answer,
            "why": explanation_fields(question.reasons),
        }
    return told


def _rows(given: Mapping[str, Any], read: Callable[[Any], int]) -> tuple[int, int]:
    try:
        first, second = sorted(read(given[key]) for key in ("first", "second"))
    except (KeyError, ValueError, TypeError):
        raise Refusal(400, "first and second must be the rows of a question") from None
    if not 0 < first < second <= MAX_ROW:
        raise Refusal(400, "first and second must be the rows of a question")
    return first, second


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value
