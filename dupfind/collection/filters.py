"""Check the filters of `query` and `report` against the names in the index, where a filter matches nothing."""

from dupfind.collection.collection import Collection
from dupfind.errors import DupfindError
from dupfind.records import storable
from dupfind.storage import source_state


def check_names(collection: Collection, project: str | None, source: str | None) -> None:
    """Refuse a project or a source that the index does not have.

    Args:
        collection: Open for reading.
        project: Name of a project, or None for any.
        source: Name of a source, or None for any.

    Raises:
        DupfindError: The index has no such name; the message lists the names that it has.
    """
    with collection.store.reading():
        sources = source_state.names(collection.store)
        projects = collection.store.projects()
    if source is not None and storable(source) not in sources:
        raise DupfindError(f"no source {source!r} in {collection.place}; its sources: {', '.join(sources)}")
    if project is not None and storable(project) not in projects:
        raise DupfindError(
            f"no project {project!r} in {collection.place}; its projects: {', '.join(projects) or 'none'}"
        )
