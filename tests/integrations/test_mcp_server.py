"""The tools of the MCP server: what a crash shows, and when the clusters are computed again."""

import shutil
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp_types import CallToolResult
from pydantic import TypeAdapter

from dupfind.collection.collection import Collection
from dupfind.errors import DupfindError
from dupfind.integrations import mcp_server
from dupfind.records import Record
from tests.support.samples import WORDS, WordEncoder, decide
from tests.support.verdicts import judged

COPY = " ".join(WORDS[:12])
ISSUES = [
    Record("1", COPY, COPY, state="open", source="a"),
    Record("2", COPY, COPY, state="open", source="a"),
    Record("3", " ".join(WORDS[12:]), " ".join(WORDS[12:]), state="open", source="b"),
]


def filled(place: str | Path, records: list[Record]) -> None:
    """Add records to an index, each to its source, with a calibration by which copies are duplicates."""
    with Collection.create(place, encoder=WordEncoder()) as collection:
        for source in sorted({record.source for record in records}):
            collection.index([record for record in records if record.source == source], source=source)
        judged(collection, likely=0.6, possible=0.5)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index with one cluster."""
    filled(tmp_path / "index", ISSUES)
    return tmp_path / "index"


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The options of each report that was computed."""
    computed: list[dict[str, Any]] = []
    compute = Collection.report

    def report(self: Collection, **options: Any) -> Any:
        computed.append(options)
        return compute(self, **options)

    monkeypatch.setattr(Collection, "report", report)
    return computed


def call(server: MCPServer, tool: str, *many: dict[str, Any]) -> list[dict[str, Any]]:
    """Call a tool once for each set of arguments, all at the same time, and return the answers in order."""
    answers: dict[int, dict[str, Any]] = {}

    async def one(place: int, arguments: dict[str, Any]) -> None:
        result = await server.call_tool(tool, arguments)
        assert isinstance(result, CallToolResult)
        assert result.structured_content is not None
        answers[place] = result.structured_content

    async def run() -> None:
        async with anyio.create_task_group() as group:
            for place, arguments in enumerate(many):
                group.start_soon(one, place, arguments)

    anyio.run(run)
    return [answers[place] for place in range(len(many))]


def members(answer: dict[str, Any]) -> list[list[str]]:
    """The ids of the members of each cluster."""
    return [[member["id"] for member in cluster["members"]] for cluster in answer["clusters"]]


def refusal(server: MCPServer, arguments: dict[str, Any]) -> ToolError:
    """The error of one call of find_duplicates."""

    async def run() -> ToolError:
        with pytest.raises(ToolError) as caught:
            await server.call_tool("find_duplicates", arguments)
        return caught.value

    return anyio.run(run)


def test_only_a_fault_of_the_calls_arguments_is_shown_as_one(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = mcp_server.server(lambda: index)
    wrong = refusal(server, {"title": COPY, "k": 0})
    assert str(wrong) == "find_duplicates: k: Input should be greater than or equal to 1"

    def broken() -> Path:
        TypeAdapter(int).validate_python("a setting that is no number")
        raise AssertionError

    crash = refusal(mcp_server.server(broken), {"title": COPY})
    assert (type(crash), str(crash)) == (UnexpectedToolError, "Error executing tool find_duplicates")
    monkeypatch.setattr(mcp_server, "_original", lambda _: {"id": 7})
    answer = refusal(server, {"title": COPY})
    assert (type(answer), str(answer)) == (UnexpectedToolError, "Error executing tool find_duplicates")


def test_clusters_are_computed_once_while_the_index_stays_as_it_is(
    index: Path, reports: list[dict[str, Any]]
) -> None:
    server = mcp_server.server(lambda: index)
    [first] = call(server, "list_clusters", {})
    assert (members(first), first["n_issues"]) == ([["1", "2"]], 3)
    [again] = call(server, "list_clusters", {"k": 20})
    assert (again, len(reports)) == (first, 1)
    [part] = call(server, "list_clusters", {"source": "a"})
    assert (part["n_issues"], len(reports)) == (2, 2)
    assert (call(server, "list_clusters", {"source": "a"}), len(reports)) == ([part], 2)


def test_k_cuts_the_kept_list(index: Path, reports: list[dict[str, Any]]) -> None:
    other = ISSUES[2]
    filled(index, [Record(id, other.title, other.body, state="open", source="c") for id in "89"])
    server = mcp_server.server(lambda: index)
    answers = [call(server, "list_clusters", {"k": k})[0] for k in (1, 2, 1)]
    assert [members(answer) for answer in answers] == [
        [["3", "8", "9"]],
        [["3", "8", "9"], ["1", "2"]],
        [["3", "8", "9"]],
    ]
    assert len(reports) == 1


def test_those_who_ask_at_once_wait_for_one_report(index: Path, reports: list[dict[str, Any]]) -> None:
    answers = call(mcp_server.server(lambda: index), "list_clusters", *[{}] * 4)
    assert [members(answer) for answer in answers] == [[["1", "2"]]] * 4
    assert len(reports) == 1


def test_a_change_of_the_index_is_seen(index: Path, reports: list[dict[str, Any]]) -> None:
    server = mcp_server.server(lambda: index)
    call(server, "list_clusters", {})
    filled(index, [*ISSUES, Record("4", COPY, COPY, state="open", source="d")])
    assert members(call(server, "list_clusters", {})[0]) == [["1", "2", "4"]]
    for first, second in (("1", "2"), ("1", "4"), ("2", "4")):
        decide(index, first, second, "different")
    assert call(server, "list_clusters", {})[0]["clusters"] == []
    assert len(reports) == 3


def test_a_report_that_a_commit_overtook_is_not_kept(
    index: Path, reports: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = Collection.report

    def overtaken(self: Collection, **options: Any) -> Any:
        report = compute(self, **options)
        if len(reports) == 1:
            filled(index, [Record("4", COPY, COPY, state="open", source="d")])
        return report

    monkeypatch.setattr(Collection, "report", overtaken)
    server = mcp_server.server(lambda: index)
    assert members(call(server, "list_clusters", {})[0]) == [["1", "2"]]
    assert members(call(server, "list_clusters", {})[0]) == [["1", "2", "4"]]
    assert (members(call(server, "list_clusters", {})[0]), len(reports)) == ([["1", "2", "4"]], 2)


def test_another_index_in_the_same_place_has_its_own_clusters(index: Path, tmp_path: Path) -> None:
    server = mcp_server.server(lambda: index)
    assert members(call(server, "list_clusters", {})[0]) == [["1", "2"]]
    filled(tmp_path / "other", [Record(id, COPY, COPY, state="open", source="a") for id in "78"])
    index.rename(tmp_path / "old")
    (tmp_path / "other").rename(index)
    assert members(call(server, "list_clusters", {})[0]) == [["7", "8"]]
    shutil.rmtree(index)
    with pytest.raises(ExceptionGroup) as caught:
        call(server, "list_clusters", {})
    assert "no index at" in str(caught.value.exceptions[0])
    (tmp_path / "old").rename(index)
    assert members(call(server, "list_clusters", {})[0]) == [["1", "2"]]


def test_a_report_that_fails_is_computed_again(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compute = Collection.report
    failures = [DupfindError("there are too many pairs")]

    def report(self: Collection, **options: Any) -> Any:
        if failures:
            raise failures.pop()
        return compute(self, **options)

    monkeypatch.setattr(Collection, "report", report)
    server = mcp_server.server(lambda: index)
    with pytest.raises(ExceptionGroup) as caught:
        call(server, "list_clusters", {})
    assert "too many pairs" in str(caught.value.exceptions[0])
    assert members(call(server, "list_clusters", {})[0]) == [["1", "2"]]
