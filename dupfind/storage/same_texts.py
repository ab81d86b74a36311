"""The records whose whole texts are the same to the letter, by their text fingerprints."""

import json
from collections.abc import Iterable
from datetime import datetime

from dupfind.storage.store import Store
from dupfind.storage.stored_times import moment


def groups_of_same_text(store: Store, least: int) -> list[list[int]]:
    """Return the rows of each text that at least so many live records have, each group in order of time.

    Args:
        store: In a read transaction.
        least: Records of a group, 2 or more.
    """
    fingerprints = [
        fingerprint
        for (fingerprint,) in store.connection.execute(
            "SELECT text_fingerprint FROM record WHERE died IS NULL AND text_fingerprint != ''"
            " GROUP BY text_fingerprint HAVING count(*) >= ?",
            (least,),
        )
    ]
    return [[row for row, _ in rows] for rows in times_of_texts(store, fingerprints).values()]


def times_of_texts(store: Store, fingerprints: Iterable[str]) -> dict[str, list[tuple[int, datetime | None]]]:
    """Return row and creation time of all live records with one of these text fingerprints, by fingerprint.

    The records of a fingerprint are in order of time, those without one last, then of source, project and id.

    Args:
        store: In a read transaction.
        fingerprints: Of whole texts, in any order.
    """
    found: dict[str, list[tuple[int, datetime | None]]] = {}
    for fingerprint, row_id, created in store.connection.execute(
        "SELECT text_fingerprint, row_id, created FROM record r JOIN source s ON s.id = source_id"
        " WHERE died IS NULL AND text_fingerprint IN (SELECT value FROM json_each(?) AS texts)"
        " ORDER BY created IS NULL, created, name, project, r.id",
        (json.dumps(sorted(fingerprints)),),
    ):
        found.setdefault(fingerprint, []).append((row_id, moment(created)))
    return found
