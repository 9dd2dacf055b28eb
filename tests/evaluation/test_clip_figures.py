"""What a reader meets of candidates: which figures, of which values, in which words."""

import dataclasses

import numpy as np
import pytest

from jaxswap.evaluation import candidate, clip_figures, clip_results, identity, series, shown_frames

KEYS = """
    share_swapped share_found mask_overlap
    landmark_error landmark_error/eyes landmark_error/mouth landmark_error/jaw landmark_error_raw
    expression_error/mouth expression_correlation/mouth expression_error/eyes
    expression_correlation/eyes expression_error/brows expression_correlation/brows
    pose_error/yaw pose_error/pitch pose_error/roll seam color
    landmark_jitter landmark_jitter/own color_jitter color_jitter/own flow_jitter flow_jitter/own
    rest/l1 rest/psnr
"""
"""In the order of the report; programs know them by these names."""


def made(results):
    return {figure.key.removeprefix("clip/"): figure for figure in clip_figures.of_clip(results)}


def test_the_keys_and_their_order_are_fixed(make_results):
    assert list(made(make_results(x={}))) == KEYS.split()


def test_values_are_those_that_were_measured(make_results):
    found = made(make_results(x={}))
    mean = np.arange(20).mean() / 100
    assert found["mask_overlap"].values == {"x": pytest.approx(mean)}
    assert found["landmark_error/mouth"].values == {"x": 0.03}
    assert found["pose_error/roll"].values == {"x": 0.25}
    assert found["expression_correlation/eyes"].values == {"x": 0.75}
    assert found["seam"].values == {"x": 1.0}
    assert found["landmark_jitter/own"].values == {"x": pytest.approx(mean)}
    assert found["rest/psnr"].values == {"x": pytest.approx(mean)}
    both = {shown_frames.FOOTAGE: pytest.approx(mean), "x": pytest.approx(mean)}
    for key in ("color", "landmark_jitter", "color_jitter", "flow_jitter"):
        assert found[key].values == both


def test_shares_are_of_the_frames_with_a_face(make_results):
    rows = series.Series(candidate.COLUMNS)
    for index in range(20):
        rows.append(paired=1, found=index < 15, swapped=index < 5)
    results = make_results(x={"rows": rows})
    found = made(results)
    assert found["share_swapped"].shown("x") == "25.0%"
    assert found["share_found"].shown("x") == "75.0%"
    assert found["share_swapped"].meaning.startswith("Of the 20 frames")
    results.rows.fill("found", [0.0] * 20)
    assert made(results)["share_found"].values["x"] == 15  # of none, which divides by nothing


def test_what_was_not_measured_has_no_line(make_results):
    nothing = {"expression": None, "courses": None}
    found = made(make_results(x=nothing))
    assert not [key for key in found if key.startswith(("landmark_error", "pose", "expression"))]
    some = made(make_results(x=nothing, y={}))
    assert some["landmark_error"].values == {"y": 0.02}
    few = dataclasses.replace(make_results(y={}).candidates["y"].expression, error=None)
    assert "landmark_error" not in made(make_results(x={"expression": few}))
    assert "landmark_error_raw" in made(make_results(x={"expression": few}))


@pytest.mark.parametrize(
    ("key", "shown", "unit"),
    [
        ("landmark_error", "2.00%", "eye distances"),
        ("expression_error/mouth", "0.2500", "eye distances"),
        ("expression_error/eyes", "0.2500", ""),
        ("pose_error/yaw", "0.25\N{DEGREE SIGN}", "degrees"),
        ("color", "0.09", "CIEDE2000"),
        ("landmark_jitter", "9.500%", "eye distances"),
        ("color_jitter", "0.095", "CIE76"),
        ("flow_jitter/own", "24.22 levels", ""),
        ("rest/psnr", "0.1 dB", "dB"),
    ],
)
def test_values_are_written_with_their_unit(make_results, key, shown, unit):
    figure = made(make_results(x={}))[key]
    assert (figure.shown("x"), figure.scale.unit) == (shown, unit)


def test_only_what_should_grow_is_better_higher(make_results):
    found = made(make_results(x={}))
    higher = {key for key, figure in found.items() if figure.better == "higher"}
    assert higher == {
        *("share_swapped", "share_found", "mask_overlap", "rest/psnr"),
        *(f"expression_correlation/{trait}" for trait in ("mouth", "eyes", "brows")),
    }
    assert [key for key, figure in found.items() if figure.better == "one"] == ["seam"]


def test_a_swap_is_near_to_one_and_far_from_the_other(make_results):
    near, far = (identity.Distances(pairs=pairs, center=0.1) for pairs in (0.4, 0.8))
    told = clip_results.IdentityFigures(
        described=14, footage={"a": near, "b": far}, scatter={"a": 0.2, "b": None}, apart=0.9
    )
    results = make_results({"identities": told}, x={"identities": {"a": far, "b": near}}, y={})
    found = made(results)
    assert list(found)[3:5] == ["identity_distance/b", "identity_distance/a"]
    to, away = found["identity_distance/b"], found["identity_distance/a"]
    assert (to.better, away.better) == ("lower", "higher")
    assert to.values == {"footage": 0.8, "x": 0.4}
    assert "over 14 frames; 0.6 is the usual threshold" in to.meaning
    assert to.meaning.endswith("a and b themselves are 0.90 apart.")
    unsaid = make_results({"identities": told, "swap": None}, x={"identities": {"a": far}})
    assert not [key for key in made(unsaid) if key.startswith("identity")]
