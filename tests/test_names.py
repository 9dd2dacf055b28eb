import pytest

from jaxswap import names


@pytest.mark.parametrize("name", ["a", "anna-2", "0.5_x", "A" * 100])
def test_plain_names(name):
    assert names.is_plain(name)


@pytest.mark.parametrize("name", ["", ".", "..", "-x", "a/b", "a b", "é", "a\n"])
def test_names_that_could_be_something_else(name):
    assert not names.is_plain(name)


def test_what_is_not_known_is_refused_with_the_nearest():
    assert names.unknown("preset", "quik", ["quick", "slow"]) == (
        "Unknown preset 'quik'. Did you mean 'quick'? There are: quick, slow."
    )
    assert "Did you mean" not in names.unknown("preset", "zzz", ["quick", "slow"])
