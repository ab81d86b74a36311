"""The HTTP routes of the service; a new route is added to `ROUTES` and to `openapi`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dupfind.check import gate
from dupfind.check.gate import document
from dupfind.collection.collection import Collection
from dupfind.errors import DupfindError
from dupfind.json_output import SCHEMA_VERSION, answer, record_fields
from dupfind.json_types import AnswerJson, HealthJson, IndexJson, IssueAnswerJson, NamesJson
from dupfind.records import Record
from dupfind.search.match import SearchRequest, SearchResponse
from dupfind.service.api_page import api_page
from dupfind.service.discovery import INDEX_HEADER
from dupfind.service.explanations import explanations
from dupfind.service.metrics import CONTENT_TYPE, metrics_text
from dupfind.service.middleware import Access, wrong_signature
from dupfind.service.openapi import DOCUMENT
from dupfind.service.pool import SearchPool
from dupfind.service.request_counts import RequestCounts
from dupfind.service.request_models import QueryRequest, check_request, parse, query_request
from dupfind.service.responses import Refusal, json_response
from dupfind.service.static import PAGE
from dupfind.service.webhooks import is_webhook
from dupfind.storage import source_state
from dupfind.tables.short_repr import shown
from dupfind.verdict.bands import VERDICTS
from dupfind.version import __version__


async def query(request: Request) -> Response:
    """Find the nearest duplicates of a text or of an indexed record."""
    fields = query_request(await read_json(request))
    database = required_database(request)
    if fields.exact or fields.id is not None or database is not None:
        return json_response(await pool(request).run(lambda index: _search(index, fields), database))
    return json_response(await pool(request).search(fields.search(), partial(_answer, fields)))


async def check(request: Request) -> Response:
    """Check whether issues that are about to be filed are already in the tracker."""
    values = await read_json(request)
    _require_access(request, is_webhook(values))
    fields = check_request(values)
    database = required_database(request)

    def run(collection: Collection) -> dict[str, Any]:
        # A command knows the source of each issue; another client may not.
        is_command = database is not None
        records = [record if is_command else _with_source(collection, record) for record in fields.records]
        return _check(collection, records, fields.k, fields.verdicts)

    return json_response(await pool(request).run(run, database))


async def issue(request: Request) -> Response:
    """Return one issue as the index has it."""
    unknown = sorted(request.query_params.keys() - {"project", "source"})
    if unknown:
        raise Refusal(400, f"unknown parameter {shown(unknown[0])}: the parameters are project and source")
    id, project, source = request.path_params["id"], *map(request.query_params.get, ("project", "source"))
    record = await pool(request).run(lambda collection: one_record(collection, id, project, source))
    fields: IssueAnswerJson = {"schema_version": SCHEMA_VERSION, "issue": record_fields(record)}
    return json_response(fields)


async def health(request: Request) -> Response:
    """Report that the service answers, and from which index."""
    summary = cast(IndexJson, await pool(request).summary())
    fields: HealthJson = {
        "schema_version": SCHEMA_VERSION,
        "status": "ok",
        "version": __version__,
        "index": summary,
    }
    return json_response(fields)


async def metrics(request: Request) -> Response:
    """Return the counts of requests and the state of the index, as Prometheus reads them."""
    counts = request.app.state.counts
    assert isinstance(counts, RequestCounts)
    try:
        index = await pool(request).summary()
    except (
        DupfindError
    ):  # the counts are of use where the index is gone, too; one of the values says that it is
        index = None
    text = metrics_text(counts.total(), index, datetime.now(UTC))
    return Response(text, headers={"content-type": CONTENT_TYPE})


async def names(request: Request) -> Response:
    """List the sources and projects that a query can filter by."""

    def run(collection: Collection) -> NamesJson:
        with collection.store.reading():
            sources = source_state.names(collection.store)
            return {
                "schema_version": SCHEMA_VERSION,
                "sources": sources,
                "projects": collection.store.projects(),
            }

    return json_response(await pool(request).run(run))


async def openapi(_: Request) -> Response:
    """Return the OpenAPI document."""
    return json_response(DOCUMENT)


async def docs(request: Request) -> Response:
    """Return the page that shows the OpenAPI document to people, with the address by which it was asked."""
    return HTMLResponse(api_page(f"{request.url.scheme}://{request.headers['host']}"))


ROUTES: Sequence[Route] = (
    *PAGE,
    Route("/query", query, methods=["POST"]),
    Route("/check", check, methods=["POST"]),
    Route("/issues/{id:path}", issue, methods=["GET"]),
    Route("/names", names, methods=["GET"]),
    Route("/health", health, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
    Route("/openapi.json", openapi, methods=["GET"]),
    Route("/docs", docs, methods=["GET"]),
)


def pool(request: Request) -> SearchPool:
    """Return the search pool of the application."""
    state = request.app.state.pool
    assert isinstance(state, SearchPool)
    return state


async def read_json(request: Request) -> dict[str, Any]:
    """Read the JSON object in a request's body.

    A form on another site's page cannot send the content type that is required here.

    Raises:
        Refusal: The body is something else.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "send JSON, with the header Content-Type: application/json")
    return parse(await request.body())


def _require_access(request: Request, is_event: bool) -> None:
    """Refuse a webhook without a signature, where one is required, and a signature of anything else.

    Raises:
        Refusal: The sender may not send this body.
    """
    access = request.state.access
    assert isinstance(access, Access)
    if is_event and not access.may_send_webhook:
        raise wrong_signature()
    if not is_event and not access.may_check:
        raise Refusal(
            401, "only a webhook is let in by its signature: send the token, Authorization: Bearer ..."
        )


def required_database(request: Request) -> str | None:
    """Return the identity of the only database that may answer, as sent by a command on this machine, or None."""
    return request.headers.get(INDEX_HEADER)


def one_record(collection: Collection, id: str, project: str | None, source: str | None) -> Record:
    """Return the record with an id.

    Raises:
        Refusal: No record or several records have the id.
    """
    records = collection.find(id, project=project, source=source)
    if not records:
        raise Refusal(404, f"no record {shown(id)} is indexed")
    if len(records) > 1:
        raise Refusal(
            409, f"{len(records)} records have the id {shown(id)}: name the source, and the project"
        )
    return records[0]


def _search(collection: Collection, fields: QueryRequest) -> AnswerJson:
    """Answer exactly as `dupfind query` does."""
    record = None if fields.id is None else one_record(collection, fields.id, fields.project, fields.source)
    search = fields.search(record)
    return _answer(fields, search, collection.summary(), collection.searcher.search(search))


def _answer(
    fields: QueryRequest, search: SearchRequest, index: dict[str, Any], response: SearchResponse
) -> AnswerJson:
    text = search.query if isinstance(search.query, str) else search.query.title
    result = answer(text, response.can_judge, index, response.hits, fields.fold)
    if fields.why:
        for hit, why in zip(result["hits"], explanations(response), strict=True):
            hit["why"] = why
    return result


def _check(collection: Collection, records: Sequence[Record], k: int, mode: str) -> dict[str, Any]:
    results = gate.check(collection, records, k=k, verdicts=mode)
    verdicts = {result.verdict for result in results}
    surest = next((verdict for verdict in VERDICTS if verdict in verdicts), None)
    return {"verdict": surest, **document(collection, results)}


def _with_source(collection: Collection, record: Record) -> Record:
    """Give a record without a source that of the only indexed record with its id.

    An edited issue is then not found as a duplicate of itself.
    """
    if record.source or not record.id:
        return record
    same = collection.find(record.id, project=record.project)
    return replace(record, source=same[0].source, project=same[0].project) if len(same) == 1 else record
