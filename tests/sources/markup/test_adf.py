from typing import Any

from dupfind.sources.markup.adf import MAX_DEPTH, as_text


def node(kind: str, *content: Any, **attributes: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), "attrs": attributes}


def plain(words: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", "text": words, "marks": [{"type": mark} for mark in marks]}


def test_paragraphs_headings_and_code() -> None:
    document = node(
        "doc",
        node("heading", plain("Steps"), level=2),
        node(
            "paragraph",
            plain("Run "),
            plain("larkq", "code"),
            plain(" now", "strong"),
            {"type": "hardBreak"},
        ),
        node("codeBlock", plain("x = 1\ny = 2"), language="python"),
        node("rule"),
        node("blockquote", node("paragraph", plain("a")), node("paragraph", plain("b"))),
    )
    expected = "## Steps\n\nRun `larkq` now\n\n\n```python\nx = 1\ny = 2\n```\n\n> a\n> \n> b"
    assert as_text(document) == expected


def test_lists_inside_of_lists() -> None:
    def item(words: str, *more: Any) -> dict[str, Any]:
        return node("listItem", node("paragraph", plain(words)), *more)

    inner = node("orderedList", item("x"), item("y"))
    assert as_text(node("doc", node("bulletList", item("a", inner), item("b")))) == "- a\n  1. x\n  2. y\n- b"


def test_tasks_have_text_and_no_paragraph() -> None:
    assert as_text(node("doc", node("taskList", node("taskItem", plain("do it"))))) == "- do it"


def test_a_table_is_rows() -> None:
    def cell(words: str) -> dict[str, Any]:
        return node("tableCell", node("paragraph", plain(words)))

    assert as_text(node("doc", node("table", node("tableRow", cell("a"), cell("b"))))) == "| a | b |"


def test_what_is_no_text_is_named() -> None:
    parts = (
        {"type": "mention", "attrs": {"text": "@ana"}},
        plain(" "),
        {"type": "emoji", "attrs": {"shortName": ":smile:"}},
        plain(" "),
        {"type": "inlineCard", "attrs": {"url": "https://x.example/"}},
    )
    assert as_text(node("doc", node("paragraph", *parts))) == "@ana :smile: https://x.example/"


def test_what_is_no_document_is_returned_as_it_is() -> None:
    assert as_text("h1. wiki") == "h1. wiki"
    assert as_text(None) == ""
    assert as_text({"type": "doc", "content": [None, 3, {"type": 4, "content": "x"}]}) == ""


def test_a_document_that_is_deep_on_purpose_ends() -> None:
    document = node("paragraph", plain("deep"))
    for _ in range(MAX_DEPTH + 2):
        document = node("panel", document)
    assert as_text(node("doc", node("paragraph", plain("top")), document)) == "top"


def test_links_and_dates_keep_what_they_say() -> None:
    def link(words: str, href: str) -> dict[str, Any]:
        return {"type": "text", "text": words, "marks": [{"type": "link", "attrs": {"href": href}}]}

    parts = (
        link("the log", "https://x.example/log"),
        plain(" "),
        link("https://x.example", "https://x.example/"),
        plain(" "),
        link("run", "javascript:alert(1)"),
        plain(" on "),
        {"type": "date", "attrs": {"timestamp": "1704240000000"}},
        {"type": "date", "attrs": {"timestamp": "never"}},
    )
    expected = "[the log](https://x.example/log) https://x.example run on 2024-01-03"
    assert as_text(node("doc", node("paragraph", *parts))) == expected


def test_a_type_that_is_no_text_is_no_known_one() -> None:
    odds: list[Any] = [None, 7, [], {}]
    for odd in odds:
        mark, span = {"type": odd}, {"type": odd, "content": [plain("b")]}
        text_node = {"type": "text", "text": "a", "marks": [mark]}
        assert as_text({"type": odd, "content": [text_node, span]}) == "ab"
        assert as_text(node("bulletList", {"type": odd, "content": [text_node, span]})) == "- ab"
