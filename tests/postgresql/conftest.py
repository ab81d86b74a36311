"""Fixtures: a PostgreSQL server with pgvector, and a fresh database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import fresh_database, pgvector


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with pgvector() as url:
        yield url


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """The URL of an empty database."""
    with fresh_database(server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an index may be made: a folder, or a database."""
    return str(tmp_path / "index") if request.param == "sqlite" else str(request.getfixturevalue("database"))
