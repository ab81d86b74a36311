"""The routes: what the service answers. Further pages and routes are added to `ROUTES`, and to `openapi`."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dupfind.check import gate
from dupfind.check.gate import VERDICTS, document
from dupfind.collection.collection import Collection
from dupfind.json_output import SCHEMA_VERSION, answer, record_fields
from dupfind.records import Record
from dupfind.search.match import SearchRequest, SearchResponse
from dupfind.service.discovery import IDENTITY
from dupfind.service.explanations import explanations
from dupfind.service.openapi import DOCUMENT
from dupfind.service.pool import SearchPool
from dupfind.service.request_models import QueryRequest, check_request, parse, query_request
from dupfind.service.responses import Refusal, json_response
from dupfind.service.static import PAGE
from dupfind.version import __version__


async def query(request: Request) -> Response:
    """The nearest duplicates of a text or of an indexed record."""
    asked = query_request(await sent(request))
    if asked.exact or asked.id is not None or meant(request) is not None:
        said = await desk(request).run(lambda collection: _search(collection, asked), meant(request))
    else:
        said = await desk(request).search(asked.wanted(), partial(_told, asked))
    return json_response(said)


async def check(request: Request) -> Response:
    """Whether issues that are about to be filed are there already."""
    asked = check_request(await sent(request))
    index = meant(request)

    def told(collection: Collection) -> dict[str, Any]:
        # A command says itself of which source an issue is; a client may not know.
        records = [record if index else _under_its_name(collection, record) for record in asked.records]
        return _check(collection, records, asked.k)

    return json_response(await desk(request).run(told, index))


async def issue(request: Request) -> Response:
    """One issue as the index has it."""
    unknown = sorted(request.query_params.keys() - {"project", "source"})
    if unknown:
        raise Refusal(400, f"no parameter {unknown[0]!r}: there are project and source")
    id, project, source = request.path_params["id"], *map(request.query_params.get, ("project", "source"))
    found = await desk(request).run(lambda collection: one_record(collection, id, project, source))
    return json_response({"schema_version": SCHEMA_VERSION, "issue": record_fields(found)})


async def health(request: Request) -> Response:
    """That the service answers, and from which index."""
    summary = await desk(request).run(Collection.summary)
    return json_response(
        {"schema_version": SCHEMA_VERSION, "status": "ok", "version": __version__, "index": summary}
    )


async def names(request: Request) -> Response:
    """The sources and projects that a question can ask for."""

    def known(collection: Collection) -> dict[str, Any]:
        sources = [found["name"] for found in collection.info()["sources"]]
        return {"sources": sources, "projects": collection.projects()}

    return json_response({"schema_version": SCHEMA_VERSION, **await desk(request).run(known)})


async def openapi(_: Request) -> Response:
    """This list, for programs."""
    return json_response(DOCUMENT)


ROUTES: Sequence[Route] = (
    *PAGE,
    Route("/query", query, methods=["POST"]),
    Route("/check", check, methods=["POST"]),
    Route("/issues/{id:path}", issue, methods=["GET"]),
    Route("/names", names, methods=["GET"]),
    Route("/health", health, methods=["GET"]),
    Route("/openapi.json", openapi, methods=["GET"]),
)


def desk(request: Request) -> SearchPool:
    """The desk of the application that a request came to."""
    found = request.app.state.desk
    assert isinstance(found, SearchPool)
    return found


async def sent(request: Request) -> dict[str, Any]:
    """The JSON object that a request brings; a form of another site's page cannot bring one.

    Raises:
        Refusal: It brings something else.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "send JSON, with the header Content-Type: application/json")
    return parse(await request.body())


def meant(request: Request) -> str | None:
    """The database that a command of this machine means, which knows the service by its folder."""
    return request.headers.get(IDENTITY)


def one_record(collection: Collection, id: str, project: str | None, source: str | None) -> Record:
    """The record that is meant.

    Raises:
        Refusal: There is none, or there are several.
    """
    found = collection.find(id, project=project, source=source)
    if not found:
        raise Refusal(404, f"no record {id!r} is indexed")
    if len(found) > 1:
        raise Refusal(409, f"{len(found)} records have the id {id!r}: name the source, and the project")
    return found[0]


def _search(collection: Collection, asked: QueryRequest) -> dict[str, Any]:
    """The answer of `dupfind query`, by the same way."""
    record = None if asked.id is None else one_record(collection, asked.id, asked.project, asked.source)
    wanted = asked.wanted(record)
    response = collection.searcher.search(wanted)
    return _told(asked, wanted, collection.summary(), response)


def _told(
    asked: QueryRequest, wanted: SearchRequest, index: dict[str, Any], response: SearchResponse
) -> dict[str, Any]:
    shown = wanted.query if isinstance(wanted.query, str) else wanted.query.title
    said = answer(shown, response.can_judge, index, response.hits, asked.fold)
    if asked.why:
        for fields, why in zip(said["hits"], explanations(response), strict=True):
            fields["why"] = why
    return said


def _check(collection: Collection, records: Sequence[Record], k: int) -> dict[str, Any]:
    findings = gate.check(collection, records, k=k)
    verdicts = {finding.verdict for finding in findings}
    surest = next((verdict for verdict in VERDICTS if verdict in verdicts), None)
    return {"verdict": surest, **document(collection, findings)}


def _under_its_name(collection: Collection, record: Record) -> Record:
    """An issue of no source is the indexed one of its id, where there is just one: no edit is its own duplicate."""
    if record.source or not record.id:
        return record
    found = collection.find(record.id, project=record.project)
    return replace(record, source=found[0].source, project=found[0].project) if len(found) == 1 else record
