import pytest

from jaxswap import names


def test_the_nearest_name_is_offered_and_all_are_listed():
    assert (
        names.unknown("preset", "quik", ["quick", "original"])
        == "Unknown preset 'quik'. Did you mean 'quick'? There are: quick, original."
    )


def test_a_name_that_is_like_none_gets_no_suggestion():
    assert names.suggestion("zzz", ["quick"]) == " There are: quick."


@pytest.mark.parametrize("name", ["a", "Anna", "anna-2.b_c", "9", "x" * 32])
def test_names_of_identities(name):
    assert names.IDENTITY.fullmatch(name)


@pytest.mark.parametrize("name", ["", ".", "../a", "a/b", "-a", "a b", "x" * 33, "ä", "a\n"])
def test_what_no_identity_can_be_called(name):
    assert not names.IDENTITY.fullmatch(name)


@pytest.mark.parametrize("name", ["a", "anna-2", "0.5_x", "A" * 100])
def test_plain_names(name):
    assert names.is_plain(name)


@pytest.mark.parametrize("name", ["", ".", "..", "-x", "a/b", "a b", "é", "a\n"])
def test_names_that_could_be_something_else(name):
    assert not names.is_plain(name)
