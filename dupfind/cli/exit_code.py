"""Hold the exit code under a limit of memory: OpenBLAS ends a process without memory by itself, with exit code 1."""

from dupfind.errors import DupfindError

try:
    import resource
except ModuleNotFoundError:  # Windows, which has no such limit
    HAS_LIMITS = False
else:
    HAS_LIMITS = True

LEAST_MEMORY = 192 << 20
"""Bytes of address space below which no query runs; measured on a small index: 146 MiB are too few, 195 enough."""


def hold(code: int) -> None:
    """Make every later end of this process end with this code, if its memory is limited.

    Of several calls the last one counts. `os._exit` and signals are not changed.

    Raises:
        DupfindError: The limit leaves no memory to work with.
    """
    if not HAS_LIMITS:
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    if limit < LEAST_MEMORY:
        raise DupfindError(
            f"the limit of {limit >> 20} MiB of memory is too low: allow {LEAST_MEMORY >> 20} MiB with `ulimit -v`"
        )
    import ctypes

    library = ctypes.CDLL(None)
    # The C library calls these functions at its end, the last one first: `_exit` ends the process with the code.
    library.__cxa_atexit(library._exit, ctypes.c_void_p(code), None)
