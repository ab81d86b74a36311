"""What a user of the library sees: the public names, the version, the README's help texts."""

import dupfind


def test_all_is_what_can_be_imported() -> None:
    for name in dupfind.__all__:
        assert getattr(dupfind, name) is not None
    assert "Collection" in dupfind.__all__


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    assert not hasattr(dupfind, "Nonsense")
