"""Whether parts are all of one run: none missing, none of another plan, none twice with another content."""

from collections.abc import Sequence
from pathlib import Path

from dupfind.errors import PartError
from dupfind.partition.part_file import PartFile

_MAX_NAMED = 10  # missing parts that a message names

_DIFFERENCES = {
    "dupfind": "dupfind {}",
    "model": "the model {}",
    "model_fingerprint": "weights {:.12}",
    "engine": "the engine {}",
    "index": "the vectors {:.12}",
}
"""How a message names the value of a plan's entry."""


def one_run(paths: Sequence[Path]) -> list[PartFile]:
    """Return the parts of one run in order of their numbers, each once.

    Two files with the same content count as one, as when a job ran twice.

    Raises:
        PartError: A file is no whole part, two are of different runs, or one is missing.
    """
    parts: dict[int, PartFile] = {}
    first: PartFile | None = None
    for path in paths:
        part = PartFile.open(path)
        first = first or part
        if (why := _difference(first, part)) is not None:
            raise PartError(f"{first.path} and {part.path} are not of one run: {why}")
        other = parts.setdefault(part.share.number, part)
        if other.checksum != part.checksum:
            raise PartError(
                f"{other.path} and {part.path} are both part {part.share}, with different content: leave one out"
            )
    if first is None:
        raise PartError("there are no parts: name the files that `--part` wrote")
    of = first.share.of
    missing = [str(number) for number in range(1, of + 1) if number not in parts]
    if missing:
        more = f" and {len(missing) - _MAX_NAMED:,} more" if len(missing) > _MAX_NAMED else ""
        raise PartError(
            f"{len(missing):,} of {of:,} parts {'is' if len(missing) == 1 else 'are'} missing: number"
            f" {', '.join(missing[:_MAX_NAMED])}{more}"
        )
    return [parts[number] for number in sorted(parts)]


def _difference(one: PartFile, other: PartFile) -> str | None:
    """Return how the runs of two parts differ, as "A and B"; None if they are of one run."""
    if one.kind != other.kind:
        return f"one has {one.kind}, the other {other.kind}"
    for name, words in _DIFFERENCES.items():
        values = [part.plan.get(name) for part in (one, other)]
        if values[0] != values[1]:
            return " and ".join(words.format(f"{value}"[:80]) for value in values)
    if one.share.of != other.share.of:
        return f"{one.share.of} parts and {other.share.of}"
    if one.plan != other.plan:
        names = [name for name in {**one.plan, **other.plan} if one.plan.get(name) != other.plan.get(name)]
        if "sources" in names:
            return "their sources differ in name, location, options or content"
        return f"their plans differ in {names[0]!r:.40}"
    return None
