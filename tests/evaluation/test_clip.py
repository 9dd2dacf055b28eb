"""Clips made from their own footage by edits whose effect is known."""

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose

from jaxswap import config, errors
from jaxswap.evaluation import (
    candidate,
    clip,
    clip_figures,
    clip_results,
    expression,
    measured_face,
    notes,
)

FACES = config.FacesConfig()


def compare(before, **clips) -> clip_results.ClipResults:
    return clip.compare(before, clips, faces=FACES)


def evaluate(before, after) -> clip_results.CandidateResults:
    return compare(before, x=after).candidates["x"]


def recolored(landmarks):
    """An edit that gives the face another colour."""
    points = iter(landmarks)

    def recolor(frame_u8):
        oval = cv2.convexHull(np.rint(next(points)).astype(np.int32))
        mask = cv2.fillConvexPoly(np.zeros(frame_u8.shape[:2], np.uint8), oval, 1)[..., None]
        return np.where(mask == 1, (frame_u8 * [0.7, 0.9, 1.0]).astype(np.uint8), frame_u8)

    return recolor


@pytest.fixture(scope="module")
def both(before, tmp_path_factory, frames_u8, landmarks, write_clip):
    """The footage itself and the recoloured one, side by side."""
    recolor = recolored(landmarks)
    path = tmp_path_factory.mktemp("both") / "recolored.mp4"
    after = write_clip(path, [recolor(frame_u8) for frame_u8 in frames_u8])
    return compare(before, same=before, recolored=after)


def test_footage_beside_itself_is_perfect(both, frames_u8):
    count = len(frames_u8)
    same = both.candidates["same"]
    assert (both.frames, both.faces) == (count, count)
    assert (same.frames, same.paired, same.found, same.swapped) == (count, count, count, 0)
    assert set(same.rows["mask_overlap"]) == {1.0}
    assert same.expression.error == dict.fromkeys(expression.REGIONS, 0.0)
    assert same.expression.raw == dict.fromkeys(expression.REGIONS, 0.0)
    assert set(same.courses) == {*measured_face.ANGLES, *measured_face.TRAITS}
    assert {course.error for course in same.courses.values()} == {0.0}
    assert set(same.rows["landmark_error"]) == set(same.rows["pose_error"]) == {0.0}
    assert set(same.rows["psnr_rest"]) == {100.0}
    assert np.isnan(same.rows["seam"]).all()
    assert same.rows.mean("color_after") == same.rows.mean("color_before") > 0
    for name in candidate.STEADY:
        assert same.rows.mean(f"{name}_own") == 0.0
        assert same.rows.mean(f"{name}_after") == same.rows.mean(f"{name}_before") > 0


def test_a_recolored_face_is_swapped_and_moves_colour_alone(both):
    found = both.candidates["recolored"]
    assert found.swapped == both.frames
    assert found.expression.error["all"] < 0.02
    assert found.rows.mean("mask_overlap") > 0.95
    assert found.rows["change_rest"].max() < 0.001
    assert found.rows.mean("pose_error") < 1
    assert found.rows.mean("landmark_jitter_own") < 0.01
    assert abs(found.rows.mean("color_after") - found.rows.mean("color_before")) > 3
    assert both.candidates["same"].swapped == 0  # candidates do not mix


def test_the_best_of_each_figure_is_known(both):
    found = {figure.key: figure for figure in clip_figures.of_clip(both)}
    assert found["clip/landmark_error"].best == {"same"}
    assert found["clip/share_swapped"].best == {"recolored"}
    assert found["clip/share_found"].best == {"same", "recolored"}


def test_frames_are_listed_one_by_one(both, frames_u8):
    assert_allclose(both.rows["frame"], np.arange(len(frames_u8)))
    assert_allclose(both.rows["time_s"], np.arange(len(frames_u8)) / 25)
    assert {len(found.rows) for found in both.candidates.values()} == {len(frames_u8)}


def test_the_largest_errors_are_shown_for_each_candidate(both):
    errors_by_frame = both.candidates["recolored"].rows["landmark_error"]
    shown = [p for p in both.pictures if p.candidate == "recolored"]
    assert shown[0].frame == np.argmax(errors_by_frame)
    assert shown[0].reason == f"landmark error {100 * errors_by_frame.max():.1f}%"
    assert list(shown[0].faces_u8) == ["footage", "same", "recolored"]
    np.testing.assert_array_equal(shown[0].faces_u8["footage"], shown[0].faces_u8["same"])
    assert (shown[0].faces_u8["footage"] != shown[0].faces_u8["recolored"]).mean() > 0.2


def test_even_pictures_are_spread_over_the_clip(both, frames_u8):
    even = [picture for picture in both.pictures if picture.candidate is None]
    shown = [picture.frame for picture in even]
    assert len(shown) == 6
    assert max(np.diff(shown)) - min(np.diff(shown)) <= 1
    assert shown[0] <= 2
    assert shown[-1] >= len(frames_u8) - 3
    whole = [picture for picture in even if picture.whole_u8]
    assert [picture.frame for picture in whole] == [shown[0], shown[2], shown[-1]]
    np.testing.assert_array_equal(whole[0].whole_u8["footage"], frames_u8[shown[0]])


def test_a_shifted_face_is_an_error_of_that_size(before, edited, landmarks):
    shift_px = 6
    found = evaluate(before, edited(lambda frame_u8: np.roll(frame_u8, shift_px, axis=1)))
    expected = np.mean([shift_px / expression.eye_distance(points) for points in landmarks])
    assert_allclose(found.expression.raw["all"], expected, rtol=0.1)
    assert_allclose(found.expression.error["all"], expected, rtol=0.1)
    assert_allclose(found.expression.pose, expected, rtol=0.1)
    assert found.courses["yaw"].raw < 1  # a shift is no turn


def test_a_shaken_clip_has_jitter_of_that_size(before, edited, landmarks):
    """One pixel to and fro lies two pixels off the line between the frames beside it."""
    count = iter(range(len(landmarks)))
    results = compare(
        before, x=edited(lambda frame_u8: np.roll(frame_u8, 2 * (next(count) % 2) - 1, axis=1))
    )
    expected = np.mean([2 / expression.eye_distance(points) for points in landmarks])
    own = results.candidates["x"].rows.mean("landmark_jitter_own")
    assert_allclose(own, expected, rtol=0.15)
    found = {figure.key: figure.values for figure in clip_figures.of_clip(results)}
    assert found["clip/landmark_jitter/own"] == {"x": own}
    assert found["clip/landmark_jitter"]["footage"] < found["clip/landmark_jitter"]["x"]
    assert found["clip/flow_jitter"]["footage"] < found["clip/flow_jitter"]["x"]


def test_a_drawn_edge_is_a_seam_and_a_frame_to_look_at(before, edited, landmarks):
    recolor, points = recolored(landmarks), iter(landmarks)

    def outlined(frame_u8):
        hull = cv2.convexHull(np.rint(next(points)).astype(np.int32))
        return cv2.polylines(recolor(frame_u8), [hull], isClosed=True, color=(0, 0, 0))

    results = compare(before, x=edited(outlined))
    found = {figure.key: figure.values for figure in clip_figures.of_clip(results)}
    assert found["clip/seam"]["x"] > 1.5
    worst = int(np.nanargmax(results.candidates["x"].rows["seam"]))
    reasons = {p.reason: p.frame for p in results.pictures if p.reason.startswith("seam")}
    assert worst in reasons.values()


def test_a_shuffled_clip_loses_expression_and_keeps_identity(before, edited, frames_u8):
    order = iter(np.random.default_rng(0).permutation(len(frames_u8)))
    found = evaluate(before, edited(lambda _: frames_u8[next(order)]))
    assert found.expression.error["all"] > 0.01
    assert found.courses["mouth"].correlation < 0.8


def test_a_change_of_whole_frames_is_no_swap(before, edited, frames_u8):
    count = iter(range(len(frames_u8)))
    found = evaluate(
        before, edited(lambda frame_u8: 255 - frame_u8 if next(count) % 2 else frame_u8)
    )
    assert found.swapped == 0
    assert found.rows["change_face"][1::2].min() > 0.02


def test_a_face_that_is_lost_is_counted_and_not_compared(before, edited, landmarks):
    points = iter(landmarks)

    def cover(frame_u8):
        face = next(points)
        x0, y0 = np.floor(face.min(0) - 20).astype(int)
        x1, y1 = np.ceil(face.max(0) + 20).astype(int)
        covered = frame_u8.copy()
        covered[max(0, y0) : y1, max(0, x0) : x1] = 90
        return covered

    results = compare(before, x=edited(cover))
    found = results.candidates["x"]
    assert (results.faces, found.found) == (len(landmarks), 0)
    assert found.swapped == len(landmarks)
    assert (found.expression, found.courses) == (None, None)
    assert np.isnan(found.rows["mask_overlap"]).all()
    assert "the face is lost" in {p.reason for p in results.pictures if p.candidate == "x"}
    assert any("shows no face" in note for note in notes.of_clip(results))


def test_errors_stand_beside_their_frames_where_others_have_none(before, edited, frames_u8):
    count = iter(range(len(frames_u8)))

    def edit(frame_u8):
        index = next(count)
        return np.full_like(frame_u8, 90) if index == 3 else np.roll(frame_u8, 6 * (index == 8), 1)

    rows = evaluate(before, edited(edit)).rows
    for name in ("landmark_error", "landmark_error_raw"):
        assert np.flatnonzero(np.isnan(rows[name])).tolist() == [3]
        assert np.nanargmax(rows[name]) == 8


def test_frames_that_were_not_swapped_are_shown(before, edited, landmarks):
    recolor, count = recolored(landmarks), iter(range(len(landmarks)))

    def missing_one(frame_u8):
        changed = recolor(frame_u8)
        return frame_u8 if next(count) == 7 else changed

    results = compare(before, x=edited(missing_one))
    assert [p.frame for p in results.pictures if p.reason == "not swapped"] == [7]


def test_a_clip_that_ends_early_is_compared_as_far_as_it_goes(before, edited, frames_u8):
    results = compare(before, x=edited(lambda frame_u8: frame_u8, frames=5))
    found = results.candidates["x"]
    assert (found.frames, found.paired, found.by_time) == (5, 5, True)
    assert np.isnan(found.rows["change_face"][5:]).all()
    assert not np.isnan(found.rows["change_face"][:5]).any()
    said = list(notes.of_clip(results))
    assert any("x has 5 frames, the footage 14" in note for note in said)
    assert any("only the raw landmark error" in note for note in said)
    even = [picture for picture in results.pictures if picture.candidate is None]
    assert list(even[-1].faces_u8) == ["footage"]


def test_footage_without_a_face(tmp_path, write_clip):
    noise = np.random.default_rng(0).integers(90, 160, (3, 96, 128, 3), dtype=np.uint8)
    plain = write_clip(tmp_path / "plain.mp4", list(noise))
    results = compare(plain, x=plain)
    assert (results.frames, results.faces, results.pictures) == (3, 0, [])
    assert list(notes.of_clip(results)) == [
        "No face was found in the footage, so there is nothing to compare."
    ]


def test_frames_are_told_and_a_caller_can_stop(tmp_path, write_clip, heard):
    plain = write_clip(tmp_path / "plain.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3)
    clip.compare(plain, {"x": plain}, faces=FACES, events=heard)
    assert [(told.done, told.total, told.unit) for told in heard.progresses] == [
        (done, 3, "frames") for done in range(4)
    ]
    heard.stop_at = 6
    with pytest.raises(errors.Stopped):
        clip.compare(plain, {"x": plain}, faces=FACES, events=heard)
    assert [told.done for told in heard.progresses[4:]] == [0, 1]


def test_frames_of_another_size_are_refused(before, edited):
    smaller = edited(lambda frame_u8: np.ascontiguousarray(frame_u8[:-32]))
    with pytest.raises(errors.FootageError, match=r"x .*384x256 pixels.*384x288"):
        evaluate(before, smaller)


def test_missing_clip_is_refused(before, tmp_path):
    with pytest.raises(errors.FootageError, match="no file"):
        evaluate(before, tmp_path / "none.mp4")


@pytest.mark.parametrize("names", [[], ["footage"]])
def test_no_candidates_and_the_name_of_the_footage_are_refused(before, names):
    with pytest.raises(ValueError, match="one or more"):
        clip.compare(before, dict.fromkeys(names, before), faces=FACES)
