"""Who changes, and into whom, in footage of two people: a on the left, b on the right."""

import cv2
import numpy as np
import pytest

from jaxswap import config, errors, footage
from jaxswap.conversion import assignment, pipeline
from jaxswap.provenance import marks, reading
from jaxswap.vision import detection, finding, people, steadying

FACES = config.FacesConfig(min_face_px=40)
LEFT, RIGHT = (slice(90, 210), slice(40, 150)), (slice(80, 260), slice(220, 360))  # the faces
OTHER = (slice(None, 25), slice(None))


def side_by_side(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    frame = np.full((288, 384, 3), (90, 120, 150), np.uint8)
    frame[72:216, :192] = cv2.resize(left, (192, 144), interpolation=cv2.INTER_AREA)
    frame[:, 192:] = right[:, 96:288]
    return frame


@pytest.fixture(scope="module")
def frames(cut_demo):
    pairs = zip(cut_demo("a_test", 5), cut_demo("b_test", 5), strict=True)
    return [side_by_side(left, right) for left, right in pairs]


@pytest.fixture(scope="module")
def numbers(frames):
    """Of the tracks, from left to right."""
    seen = (
        footage.Frame(index=index, time_s=index / 25, image_u8=frame)
        for index, frame in enumerate(frames)
    )
    finder = finding.FaceFinder(FACES)
    found = finder.find_all(seen, follow=True)
    _, faces = next(steadying.steady(found, finder=finder, max_gap_s=1.0, follow=True))
    return [face.track for face in sorted(faces, key=lambda face: face.detection.box[0])]


def convert(source, out, run, swaps, **options):
    return pipeline.convert(
        source,
        run=run,
        swaps=swaps,
        out=out,
        options=config.ConvertConfig(batch_size=4, crf=1, color="none", **options),
        faces=FACES,
    )


def by_number(track: int, identity: str) -> assignment.Swap:
    person = people.Person(name=f"track {track}", track=track)
    return assignment.Swap(person=person, identity=identity)


def is_face_of(identity: str | None, before: np.ndarray, after: np.ndarray, part) -> bool:
    """Whether a part of a frame has the tint of an identity's decoder, or has not changed."""
    change = after[part].astype(float) - before[part]
    if identity is None:
        return np.abs(change).mean() < 1
    redder = (change[..., 0] - change[..., 2]).mean()
    return redder > 8 if identity == "a" else redder < -8


def swap_of(track: int, swaps: list[assignment.Swap]) -> str | None:
    return next((swap.identity for swap in swaps if swap.person.track == track), None)


def test_two_people_change_at_once_each_into_their_own(
    make_run, make_clip, frames, numbers, read_streams, tmp_path
):
    source = make_clip(frames)
    asked = {
        "both": [by_number(numbers[0], "b"), by_number(numbers[1], "a")],
        "left": [by_number(numbers[0], "b")],
        "right": [by_number(numbers[1], "a")],
        "crossed": [by_number(numbers[0], "a"), by_number(numbers[1], "b")],
    }
    made, reports = {"before": read_streams(source).images}, {}
    for name, swaps in asked.items():
        reports[name] = convert(source, tmp_path / f"{name}.mp4", make_run(), swaps)
        made[name] = read_streams(tmp_path / f"{name}.mp4").images
    for name, swaps in asked.items():
        left, right = (swap_of(number, swaps) for number in numbers)
        for index in range(5):
            assert is_face_of(left, made["before"][index], made[name][index], LEFT)
            assert is_face_of(right, made["before"][index], made[name][index], RIGHT)
            assert is_face_of(None, made["before"][index], made[name][index], OTHER)
    said = [(swap.person, swap.identity, swap.frames, swap.faces) for swap in reports["both"].swaps]
    assert said == [(f"track {numbers[0]}", "b", 5, 5), (f"track {numbers[1]}", "a", 5, 5)]
    assert reports["both"].swapped == 5
    mark = reading.read(tmp_path / "both.mp4")
    assert mark.swaps == tuple(
        marks.MarkedSwap(person=said[i][0], identity=said[i][1]) for i in (0, 1)
    )


def test_a_track_that_is_not_there(make_run, make_clip, frames, tmp_path):
    source = make_clip(frames)
    with pytest.raises(errors.NoFaceError, match=r"is track 7.*jaxswap faces .*in\.mp4"):
        convert(source, tmp_path / "out.mp4", make_run(), [by_number(7, "b")])
    assert not (tmp_path / "out.mp4").exists()


def test_all_counts_every_face(make_run, make_clip, frames, tmp_path):
    run = make_run()
    one = [assignment.of_one(run, "a", "b")]
    report = convert(make_clip(frames), tmp_path / "out.mp4", run, one, track="all")
    assert [(swap.frames, swap.faces) for swap in report.swaps] == [(5, 10)]


def test_only_named_people_come_together(make_run, make_clip, frames, tmp_path):
    run = make_run()
    swaps = [assignment.of_one(run, "a", "b"), by_number(0, "b")]
    with pytest.raises(ValueError, match="each must be named"):
        convert(make_clip(frames), tmp_path / "out.mp4", run, swaps)


def test_smaller_faces_are_painted_first(demo_clips):
    """So that of two that overlap the larger is in front, in whatever order they were found."""

    def face(track: int, size: float) -> finding.Face:
        box = np.array([0.0, 0.0, size, size])
        found = detection.Detection(box=box, score=0.99, landmarks=np.zeros((5, 2)))
        return finding.Face(
            detection=found, landmarks_468=np.zeros((468, 2)), mesh_score=1.0, track=track
        )

    faces = [face(0, 60), face(1, 80), face(2, 40)]
    shown = footage.Frame(index=0, time_s=0.0, image_u8=np.zeros((90, 90, 3), np.uint8))
    info = footage.probe(demo_clips["a_test"])
    everybody = [assignment.Swap(person=people.Person(name="a"), identity="b")]
    for swaps, track in (([by_number(n, "b") for n in range(3)], 0), (everybody, "all")):
        who = assignment.make(swaps, track=track, max_gap_s=1.0, info=info)
        ((_, assigned),) = who.assigned([(shown, faces)])
        assert [found.track for found, _ in assigned] == [2, 0, 1]


@pytest.fixture(scope="module")
def known(describer, references):
    """Both people by pictures in other light and motion."""
    return {
        name: people.Person(name=f"{name}.png", examples=describer.describe_all(reference))
        for name, reference in references.items()
    }


def test_people_are_found_again_after_a_cut(
    make_run, make_clip, frames, known, read_streams, tmp_path
):
    """At the cut each stands where the other was: the position says nothing."""
    cut = [*frames, *(np.ascontiguousarray(frame[:, ::-1]) for frame in frames)]
    source = make_clip(cut)
    run = make_run()
    swaps = [
        assignment.Swap(person=known["a"], identity="b"),
        assignment.Swap(person=known["b"], identity="a"),
    ]
    for name, asked, left, right in (
        ("both", swaps, "b", "a"),
        ("a", swaps[:1], "b", None),
        ("b", swaps[1:], None, "a"),
    ):
        report = convert(source, tmp_path / f"{name}.mp4", run, asked)
        assert [(swap.frames, swap.faces) for swap in report.swaps] == [(10, 10)] * len(asked)
        pictures = [read_streams(path).images for path in (source, tmp_path / f"{name}.mp4")]
        for index, (before, after) in enumerate(zip(*pictures, strict=True)):
            if index >= 5:
                before, after = before[:, ::-1], after[:, ::-1]
            assert is_face_of(left, before, after, LEFT), (name, index)
            assert is_face_of(right, before, after, RIGHT), (name, index)


def test_a_stranger_stays_and_the_error_says_how_far_off(
    make_run, make_clip, cut_demo, known, tmp_path
):
    source = make_clip(cut_demo("a_test", 3))
    swaps = [assignment.Swap(person=known["b"], identity="a")]
    with pytest.raises(errors.NoFaceError, match=r"distance of 0\.[67]\d, and up to 0\.6 is"):
        convert(source, tmp_path / "out.mp4", make_run(), swaps)
