"""The pages keep the prose rule of CONTRIBUTING.md, and every path and link in them exists."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.paths import DOCS, ROOT

MAX_README_LINES = 180
MAX_WORDS = 30
MAX_PICTURE = 300_000  # bytes

PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *DOCS.glob("*.md"), ROOT / "examples/README.md")
    if path.name != "cli.md"  # a copy of the commands' help
)
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
CURRENT = [name for name in NAMES if name != "CHANGELOG.md"]
"""Pages about the present; the changelog also names what is gone."""

TICS = (
    r"tells?|told|telling",
    r"whatever|whichever|whoever",
    r"be it|be they",
    r"besides?",
    r"there (?:is|are|was|were) none|is none of",
    r"of (?:no|any) account",
    r"the same of",
    r"merely|mends?|goes on|go on",
)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(text: str) -> Iterator[str]:
    """Yield the paragraphs and list items of a page, without code, tables, headings, quotes and links' targets."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for block in re.split(r"\n\s*\n", text):
        if re.match(r"(?: {4}|\||#|!\[)", block):
            continue
        block = re.split(r"\n(?: {4}\S|\|)", block)[0]
        for item in re.split(r"\n? *^ *(?:[-*]|\d+\.) +", block, flags=re.MULTILINE):
            line = " ".join(item.split())
            line = re.sub(r"`[^`]*`", "CODE", line)
            line = re.sub(r"\]\([^)]*\)", "]", line)
            line = re.sub(r'"[^"]*"', "QUOTE", line)
            if line:
                yield line


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a page's prose."""
    for line in prose(text):
        yield from re.split(r"(?<=[.!?])[*)\]]*\s+(?=[\[(*\"A-Z0-9])", line)


def n_words(sentence: str) -> int:
    return len(re.findall(r"[\w'’.%-]*\w[\w'’.%-]*", sentence))


def test_the_readme_is_one_screen_with_a_picture() -> None:
    lines = text_of("README.md").splitlines()
    assert len(lines) <= MAX_README_LINES
    assert not any(line.startswith("Usage:") for line in lines)
    [picture] = re.findall(r"!\[[^\]]+\]\((\S+\.png)\)", text_of("README.md"))
    data = (ROOT / picture).read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(data) < MAX_PICTURE


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_has_at_most_thirty_words(name: str) -> None:
    long = [sentence for sentence in sentences(text_of(name)) if n_words(sentence) > MAX_WORDS]
    assert long == []


def test_a_sentence_is_found_and_counted() -> None:
    page = "# Title\n\nOne two. Three four\nfive (`a b c`)!\n\n- Six seven.\n- Eight:\n\n    some code\n\n| a | b |\n"
    assert list(sentences(page)) == ["One two.", "Three four five (CODE)!", "Six seven.", "Eight:"]
    assert [n_words(sentence) for sentence in sentences(page)] == [2, 4, 2, 1]


@pytest.mark.parametrize("name", NAMES)
def test_no_page_has_a_tic(name: str) -> None:
    tic = re.compile(rf"\b(?:{'|'.join(TICS)})\b", re.IGNORECASE)
    assert [line for line in prose(text_of(name)) if tic.search(line)] == []


@pytest.mark.parametrize("name", CURRENT)
def test_every_file_and_module_that_a_page_names_exists(name: str) -> None:
    files = {
        path.name
        for folder in ("dupfind", "tests", "benchmarks", "examples", "docs")
        for path in (ROOT / folder).rglob("*")
    }
    missing = []
    for token in re.findall(r"`([\w./-]+)`", text_of(name)):
        if re.fullmatch(r"[\w./-]+\.py", token):
            homes = (ROOT, ROOT / "dupfind", (ROOT / name).parent)
            exists = any((home / token).is_file() for home in homes) or ("/" not in token and token in files)
        elif re.fullmatch(r"dupfind(?:\.\w+)+", token) and not token.endswith(".db"):
            exists = is_importable(token)
        elif re.match(r"(?:dupfind|tests|benchmarks|migrations|docs)/", token):
            exists = (ROOT / token).exists()
        elif re.match(r"[a-z_]+/", token) and (ROOT / "dupfind" / token.split("/")[0]).is_dir():
            exists = (ROOT / "dupfind" / token).exists() or (ROOT / token).exists()
        else:
            continue
        if not exists:
            missing.append(token)
    assert missing == []


def is_importable(dotted: str) -> bool:
    """Return whether a dotted name is a module of dupfind or an attribute of one."""
    head, _, last = dotted.rpartition(".")
    try:
        if find_spec(dotted) is not None:
            return True
    except ModuleNotFoundError:
        pass
    try:
        module = __import__(head, fromlist=["_"])
    except ModuleNotFoundError:
        return dotted == "dupfind.migrations"  # so named in the wheel alone
    return hasattr(module, last) or dotted == "dupfind.migrations"


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_a_page_leads_somewhere(name: str) -> None:
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(name)):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        page = (ROOT / name).parent / path if path else ROOT / name
        if not page.exists() or (anchor and anchor not in anchors(page)):
            dead.append(target)
    assert dead == []


def test_contributing_names_every_package_and_docs_list_every_page() -> None:
    packages = {path.parent.name for path in (ROOT / "dupfind").rglob("__init__.py")} - {"dupfind"}
    named = set(re.findall(r"^ {6,8}(\w+)/ ", text_of("CONTRIBUTING.md"), re.MULTILINE))
    assert packages - {"github", "evaluation"} <= named
    assert named <= packages
    listed = set(re.findall(r"\]\((\w+\.md)\)", text_of("docs/README.md")))
    assert listed == {path.name for path in DOCS.glob("*.md")} - {"README.md"}


def test_contributing_draws_the_layers_that_the_imports_have() -> None:
    from tests.test_layers import LAYERS

    text = text_of("CONTRIBUTING.md")
    picture = [line.split() for line in text.split("## The layers")[1].split("\n\n")[2].splitlines()]
    hidden = {"version", "__init__"}
    assert [set(line) for line in reversed(picture)] == [layer - hidden for layer in LAYERS]
