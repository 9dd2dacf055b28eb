"""Identity distances; what needs the descriptor is skipped without its extra."""

import itertools

import numpy as np
import pytest

from jaxswap import config
from jaxswap.evaluation import clip, clip_results, identity
from jaxswap.vision import descriptor


def vector(*values: float) -> np.ndarray:
    return np.array([*values, *[0.0] * (128 - len(values))])


def test_distances_of_known_descriptors():
    pictures = np.stack([vector(0, 0), vector(0, 3)])
    references = np.stack([vector(4, 0), vector(-4, 0)])
    found = identity.distances(pictures, references)
    assert found.pairs == pytest.approx((4 + 4 + 5 + 5) / 4)
    assert found.center == pytest.approx((0 + 3) / 2)


def test_scatter_leaves_out_a_picture_beside_itself():
    assert identity.scatter(np.stack([vector(0), vector(1), vector(3)])) == 2.0
    assert identity.scatter(vector(1)[None]) is None


def test_no_distance_from_nothing():
    with pytest.raises(ValueError, match="empty"):
        identity.distances(np.zeros((0, 128)), vector(0)[None])


def test_people_are_nearer_to_themselves(describer, read_reference, references):
    known = {name: describer.describe_all(person) for name, person in references.items()}
    for name, other in itertools.permutations(known):
        seen = describer.describe_all(read_reference(f"{name}_test", every=50))
        assert identity.distances(seen, known[name]).pairs < 0.45
        assert identity.distances(seen, known[other]).pairs > descriptor.SAME_PERSON
        assert identity.distances(seen, known[name]).center < descriptor.SAME_PERSON / 2


@pytest.mark.usefixtures("describer")
def test_clips_are_compared_with_both_identities(before, references):
    results = clip.compare(
        before,
        {"x": before},
        faces=config.FacesConfig(),
        swap=clip_results.SwappedIdentities(from_identity="a", to_identity="b"),
        pictures_of=references,
    )
    found = results.identities
    assert found.described == 14
    assert results.no_identities is None
    assert results.candidates["x"].identities == found.footage
    assert found.footage["a"].pairs < 0.45 < descriptor.SAME_PERSON < found.footage["b"].pairs
    assert found.apart > descriptor.SAME_PERSON
    assert found.scatter["a"] < 0.45


@pytest.mark.parametrize(
    ("swap", "known", "said"),
    [
        (None, ("a", "b"), "name --from and --to"),
        (
            clip_results.SwappedIdentities(from_identity="a", to_identity="b"),
            ("a",),
            "no pictures of b",
        ),
    ],
)
def test_what_is_missing_for_identities_is_said(before, references, swap, known, said):
    results = clip.compare(
        before,
        {"x": before},
        faces=config.FacesConfig(),
        swap=swap,
        pictures_of={name: references[name] for name in known},
    )
    assert results.identities is None
    assert said in results.no_identities
