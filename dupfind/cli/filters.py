"""What `query` and `report` share: a filter that names nothing is an error, and not an empty answer."""

from dupfind.collection.collection import Collection
from dupfind.errors import DupfindError


def check_names(collection: Collection, project: str | None, source: str | None) -> None:
    """See that a project and a source are in the index.

    Raises:
        DupfindError: One is not; the error names those that are.
    """
    known = [found["name"] for found in collection.info()["sources"]]
    if source is not None and source not in known:
        raise DupfindError(f"no source {source!r} in {collection.folder}: there is {', '.join(known)}")
    projects = collection.projects()
    if project is not None and project not in projects:
        raise DupfindError(
            f"no project {project!r} in {collection.folder}: there is {', '.join(projects) or 'none'}"
        )
