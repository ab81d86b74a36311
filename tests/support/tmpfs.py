"""Small file systems in memory, where this user may mount them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


class MountError(Exception):
    """Nothing can be mounted here."""


@contextmanager
def tmpfs(options: str) -> Iterator[Path]:
    """Mount a file system in memory; outside pytest's folders, which it could not clear.

    Raises:
        MountError: This user may not, or there is no such file system.
    """
    with TemporaryDirectory() as folder:
        try:
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", options, "none", folder],
                capture_output=True,
                text=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise MountError(f"may not mount: {getattr(error, 'stderr', error)}".strip()) from error
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def resize(folder: Path, size: int) -> None:
    """Give a mounted file system another size, in bytes."""
    subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)
