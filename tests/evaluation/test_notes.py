"""What a reader is told beside the figures."""

import pytest

from jaxswap.evaluation import candidate, notes, series


def rows(*, paired=20, found=20, swapped=20) -> series.Series:
    made = series.Series(candidate.COLUMNS)
    for index in range(20):
        made.append(paired=index < paired, found=index < found, swapped=index < swapped)
    return made


def said(make_results, about=None, **candidates):
    return list(notes.of_clip(make_results(about, **candidates)))


def test_only_the_reason_for_missing_distances_is_said_of_a_good_clip(make_results):
    assert said(make_results, x={}) == [
        "Identity distances were not measured. It was not asked for."
    ]
    assert said(make_results, {"no_identities": None}, x={}) == [
        "Identity distances were not measured: no face was described."
    ]


def test_footage_without_a_face_is_all_that_is_said(make_results):
    results = make_results(x={"rows": rows(swapped=0)})
    results.rows.fill("found", [0.0] * 20)
    assert list(notes.of_clip(results)) == [
        "No face was found in the footage, so there is nothing to compare."
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rows": rows(swapped=9)}, "x visibly changed the face in only 9 of 20 frames"),
        ({"rows": rows(found=0)}, "x shows no face where the footage has one"),
        ({"rows": rows(found=9)}, "x has under 10 frames with a face"),
        ({"rows": rows(paired=19)}, "Of x only 19 frames could be read, of the footage 20"),
        (
            {"rows": rows(paired=12), "by_time": True, "frames": 13},
            "x has 13 frames, the footage 20. Frames were paired by their times: 12 of the footage",
        ),
    ],
)
def test_what_a_candidate_lacks_is_said(make_results, changes, expected):
    first, last = said(make_results, x=changes)
    assert first.startswith(expected)
    assert last.startswith("Identity distances")


@pytest.mark.parametrize("changes", [{"rows": rows(swapped=10)}, {"rows": rows(found=10)}])
def test_what_is_just_enough_is_not_said(make_results, changes):
    assert len(said(make_results, x=changes)) == 1
