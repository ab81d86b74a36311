"""The site has a page and a Markdown twin for each file, links that lead somewhere, and charts of measured lines."""

import json
import re
from pathlib import Path

import pytest

import dupfind
from docs import draw_charts, make_python, make_site
from docs.site_links import faults
from docs.site_pages import groups, title, with_links, with_titles
from tests.support.paths import DOCS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("zensical", reason="zensical is missing: install dupfind[dev]")
    target = tmp_path_factory.mktemp("site") / "html"
    assert make_site.build(target) == []
    return target


@pytest.mark.slow
def test_every_page_of_the_docs_is_on_the_site_with_a_twin(site: Path) -> None:
    for path in DOCS.glob("*.md"):
        if path.name == "README.md":
            continue
        page = site / path.stem / "index.html"
        assert f'type="text/markdown" href="../{path.name}"' in page.read_text(encoding="utf-8")
        assert (site / path.name).read_text(encoding="utf-8").startswith("# ")
    assert (site / "python-api/index.html").is_file()
    assert (site / "index.html").is_file()


@pytest.mark.slow
def test_llms_txt_names_every_twin(site: Path) -> None:
    text = (site / "llms.txt").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(([\w-]+\.md)\)", text))
    assert named == {path.name for path in site.glob("*.md")}
    assert text.startswith("# dupfind\n\n> ")


@pytest.mark.slow
def test_the_search_knows_the_pages(site: Path) -> None:
    entries = json.loads((site / "search.json").read_text(encoding="utf-8"))
    assert "--fail-on possible" in json.dumps(entries)


def test_dead_links_foreign_files_and_left_over_markdown_are_faults(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/index.html").write_text('<h2 id="here">Other</h2>')
    (tmp_path / "index.html").write_text(
        '<a href="other/">1</a><a href="other/#here">2</a><a href="#top" id="top">3</a>'
        '<a href="https://example.org/">4</a><p>Some <code>- code</code>, and no list.</p>'
    )
    assert faults(tmp_path) == []
    (tmp_path / "index.html").write_text(
        '<a href="gone/">1</a><a href="other/#gone">2</a><a href="#gone">3</a>'
        '<script src="https://cdn.example.org/x.js"></script><p>A list:\n- one</p>'
    )
    found = faults(tmp_path)
    assert [line.split(":")[1].split()[0] for line in found] == [
        "links",
        "links",
        "links",
        "fetches",
        "shows",
    ]


def test_links_hold_on_the_site() -> None:
    pages = {"README.md": "index.md", "docs/cli.md": "cli.md", "benchmarks/README.md": "benchmarks.md"}
    text = "[a](../benchmarks/README.md#x) [b](cli.md) [c](https://x.org) [d](../LICENSE) [e](#own)\n"
    code = "```\n[f](cli.md)\n```\n"
    assert with_links("docs/a.md", text + code, pages, "https://repo") == (
        "[a](benchmarks.md#x) [b](cli.md) [c](https://x.org) [d](https://repo/LICENSE) [e](#own)\n" + code
    )
    with pytest.raises(FileNotFoundError, match=r"docs/a\.md links to gone\.md"):
        with_links("docs/a.md", "[x](gone.md)", pages, "https://repo")


def test_a_link_named_after_its_file_is_named_after_its_page() -> None:
    text = "See [cli.md](cli.md#top), [docs/cli.md](cli.md) and [the commands](cli.md)."
    assert (
        with_titles(text, {"cli.md": "Commands"})
        == "See [Commands](cli.md#top), [Commands](cli.md) and [the commands](cli.md)."
    )


def test_the_navigation_has_the_four_kinds_of_pages() -> None:
    texts = make_site.markdown_pages()
    listed = groups({name: title(text) for name, text in texts.items()})
    assert list(listed) == ["Tutorial", "How-to guides", "Reference", "Explanation", "Project"]
    names = [page.name for pages in listed.values() for page in pages]
    assert sorted([*names, "index.md"]) == sorted(texts)


def test_the_python_reference_has_every_public_name_with_its_sections() -> None:
    page = make_python.page()
    for name in dupfind.__all__:
        assert name.startswith("__") or f"\n## {name}\n" in page
    assert "### Collection.search\n" in page
    assert "- `min_score`: Cosine similarity below which" in page
    assert "**Raises**\n\n- `StoreError`: " in page
    assert " at 0x" not in page


def test_the_charts_are_drawn_from_the_lines() -> None:
    for path, text in draw_charts.pictures().items():
        assert path.read_text(encoding="utf-8") == text, "run `make docs`"


def test_the_lines_have_the_figures_of_the_page() -> None:
    page = (DOCS / "figures.md").read_text(encoding="utf-8")
    lines = draw_charts.read_lines()
    for tracker in ("rust dev", "titanium dev", "hadoop", "openoffice dev"):
        [row] = re.findall(rf"^\| {tracker} \((\d+)\) \|(.+)\|$", page, re.MULTILINE)
        figures = [cell.strip(" *").split(" / ") for cell in row[1].split("|")[:3]]
        measured = lines["fit_ranker", None][tracker]
        assert measured["queries"] == int(row[0])
        for cells, ranking in zip(figures, ("bm25", "vectors", "dupfind"), strict=True):
            assert [float(cell) for cell in cells] == [
                measured[ranking][f"recall@{k}"][0] for k in (1, 5, 10)
            ]
    for chart in draw_charts.charts(lines)[1:]:
        for _, bars in chart.groups:
            for bar in bars:
                assert bar.shown.split("/")[0].removesuffix(" s") in page, bar


def test_a_chart_says_its_figures_in_words() -> None:
    chart = draw_charts.Chart("x", "Speed", "more", [("a", [draw_charts.Bar("dupfind", 2.0, "2/s")])])
    assert 'aria-label="Speed. a: dupfind 2/s"' in draw_charts.draw(chart)
