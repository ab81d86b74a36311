"""The command line can show a report's defaults without loading numpy."""

from dupfind.dedup import defaults
from tests.support.loaded import SLOW, loaded_by


def test_the_defaults_import_nothing_slow() -> None:
    assert loaded_by(f"import {defaults.__name__}") & SLOW == set()
