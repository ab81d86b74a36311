"""Loads torch's library, and turns its failure into one line: too little memory, or a broken installation."""

from dupfind.errors import DupfindError, ModelError, shortage

try:
    import resource
except ModuleNotFoundError:  # Windows, which has no such limit
    HAS_LIMITS = False
else:
    HAS_LIMITS = True

LEAST_MEMORY = 1280 << 20
"""Bytes of address space below which torch encodes nothing; on two cores 1,025 MiB were too few, 1,075 enough.

With less it ends with errors of many kinds, or it aborts the process.
"""


def load() -> None:
    """Import torch.

    Raises:
        ModelError: Its files cannot be loaded.
        DupfindError: There is too little memory, or too few files may be open.
    """
    if HAS_LIMITS:
        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit not in (-1, resource.RLIM_INFINITY) and limit < LEAST_MEMORY:
            raise DupfindError(
                f"the limit of {limit >> 20:,} MiB of memory is too low for torch: allow {LEAST_MEMORY >> 20:,} MiB"
                " with `ulimit -v`"
            )
    try:
        import torch  # noqa: F401
    except (ImportError, OSError) as error:
        raise shortage(error) or ModelError(
            f"torch is installed and cannot be loaded ({error}): install it again, or remove it with"
            " `pip uninstall torch`"
        ) from error
