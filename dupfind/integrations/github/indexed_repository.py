"""Finds the issues of a GitHub repository in an index, whatever source they were read from."""

from typing import NamedTuple
from urllib.parse import urlsplit

from dupfind.sources.apis.project_url import ProjectUrl
from dupfind.storage import source_state
from dupfind.storage.row_filter import Filter
from dupfind.storage.store import Store


class IndexedRepository(NamedTuple):
    """The names under which an index has the issues of a repository.

    Attributes:
        source: Of the source.
        project: Of the project in it, in the letters of the index.
    """

    source: str
    project: str


def indexed_repository(store: Store, place: ProjectUrl) -> IndexedRepository | None:
    """Return where an index has the issues of a repository, or None.

    The service itself comes first. After it comes the source with the most issues of the repository, such as an
    export of `gh` or a database of github-to-sqlite.

    Args:
        store: The index's database.
        place: The repository.
    """
    with store.reading():
        readings = source_state.readings(store)
        for reading in readings:
            if reading.location == place.location:
                return IndexedRepository(reading.name, place.project)
        sizes: dict[IndexedRepository, int] = {}
        for project in store.projects():
            if project.casefold() != place.project.casefold():
                continue
            for reading in readings:
                rows = store.allowed(Filter(project=project, source=reading.name)).tolist()
                if rows and _is_at(place, store.records(rows[-1:])[rows[-1]].url):
                    sizes[IndexedRepository(reading.name, project)] = len(rows)
    return max(sizes, key=lambda found: (sizes[found], found), default=None)


def _is_at(place: ProjectUrl, url: str | None) -> bool:
    """Return whether an issue's address is on the server of a repository, or unknown."""
    return url is None or urlsplit(url).netloc.lower() == place.host
