"""`dupfind index --on` and `dupfind report --on`: a cluster computes the parts, and they are joined here."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dupfind.cli.index_summary import suggest_query
from dupfind.cli.merge import index_parts
from dupfind.cli.progress import progress
from dupfind.cli.terminal import note
from dupfind.collection.collection import Collection
from dupfind.collection.text_merge import PartTexts
from dupfind.dedup.pair_part import PartPairs
from dupfind.distributed.cluster import RayCluster, connected
from dupfind.distributed.pair_parts import pair_parts
from dupfind.distributed.text_parts import text_parts
from dupfind.partition.one_run import one_run
from dupfind.postgresql.open_store import local_folder
from dupfind.records import counted
from dupfind.storage.database_url import IndexPlace

if TYPE_CHECKING:
    from dupfind.collection.record_spool import PartSource
    from dupfind.dedup.all_pairs import Pairs
    from dupfind.dedup.report import Parameters


@contextmanager
def connection(address: str, quiet: bool) -> Iterator[RayCluster]:
    """Connect to a cluster, and say at the end how many of its machines worked.

    Raises:
        ClusterError: It cannot be reached or used.
    """
    with connected(address) as cluster:
        yield cluster
        if not quiet:
            note(f"computed on {counted(len(cluster.machines), 'machine')} of the Ray cluster")


def index_on(
    cluster: RayCluster,
    path: IndexPlace,
    parts: "list[PartSource]",
    model: str | None,
    *,
    portable: bool,
    n_parts: int | None,
    quiet: bool,
) -> None:
    """Update an index from sources; a cluster encodes the texts that the index does not have."""
    with Collection.create(path, model=model, portable=portable) as collection, ExitStack() as stack:
        folder = collection.verified_model()
        missing = partial(collection.store.missing_embeddings, collection.store.encoding().id)
        with progress(quiet) as begin:
            paths = stack.enter_context(
                text_parts(
                    cluster,
                    local_folder(path) / "parts",
                    parts,
                    folder,
                    missing=missing,
                    n_parts=n_parts,
                    start_task=begin,
                )
            )
        index_parts(collection, PartTexts(one_run(paths)), quiet)
        if not quiet:
            suggest_query(collection, path, path)


@contextmanager
def pairs_on(
    address: str,
    collection: Collection,
    parameters: "Parameters",
    max_pairs: int,
    n_parts: int | None,
    quiet: bool,
) -> "Iterator[Callable[[], Pairs]]":
    """Give a function that returns all pairs of an index, which a cluster found.

    Raises:
        ClusterError: The cluster cannot be reached or used.
    """
    with TemporaryDirectory(prefix="dupfind-") as folder:
        with connection(address, quiet) as cluster, progress(quiet) as begin:
            paths = pair_parts(
                cluster,
                Path(folder),
                collection,
                parameters,
                max_pairs=max_pairs,
                n_parts=n_parts,
                start_task=begin,
            )
        yield partial(PartPairs(one_run(paths)).pairs, collection)
