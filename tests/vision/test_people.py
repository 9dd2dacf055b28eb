import dataclasses

import cv2
import numpy as np
import pytest

from jaxswap import config, errors, footage, images
from jaxswap.vision import descriptor, detection, finding, people

FACES = config.FacesConfig()


def face(track: int) -> finding.Face:
    box = np.array([10.0, 10.0, 60.0, 60.0])
    found = detection.Detection(box=box, score=0.99, landmarks=np.zeros((5, 2)))
    return finding.Face(
        detection=found, landmarks_468=np.zeros((468, 2)), mesh_score=1.0, track=track
    )


def frame(index: int, image_u8: np.ndarray | None = None) -> footage.Frame:
    if image_u8 is None:
        image_u8 = np.zeros((80, 80, 3), np.uint8)
    return footage.Frame(index=index, time_s=index / 25, image_u8=image_u8)


def test_by_number_alone_nothing_waits_and_nothing_is_described(monkeypatch):
    monkeypatch.setattr(descriptor, "_find_model", lambda: None)  # as without the extra
    wanted = [people.Person(name="track 4", track=4), people.Person(name="track 1", track=1)]
    taken = []

    def frames():
        for index, tracks in enumerate([[0], [4, 0], [1, 4], []]):
            taken.append(index)
            yield frame(index), [face(track) for track in tracks]

    recogniser = people.Recogniser(wanted, follow=True)
    found = [(who, len(taken)) for _, _, who in recogniser.recognised(frames())]
    assert found == [([None], 1), ([0, None], 2), ([1, 0], 3), ([], 4)]


def test_examples_take_the_extra(monkeypatch):
    monkeypatch.setattr(descriptor, "_find_model", lambda: None)
    somebody = people.Person(name="a.png", examples=np.zeros((1, 128)))
    with pytest.raises(errors.MissingExtraError):
        people.Recogniser([somebody], follow=True)


@pytest.fixture(scope="module")
def seen(read_reference):
    """A held-out frame of each person with the face."""
    found = {}
    for name in ("a", "b"):
        shown = read_reference(f"{name}_test", every=100)
        points = shown.landmarks[0]
        size = np.ptp(points, axis=0)
        found[name] = (
            shown.images_u8[0],
            dataclasses.replace(
                face(0),
                landmarks_468=points,
                detection=detection.Detection(
                    box=np.concatenate([points.min(0), points.min(0) + size]),
                    score=0.99,
                    landmarks=np.zeros((5, 2)),
                ),
            ),
        )
    return found


@pytest.fixture(scope="module")
def known(describer, references):
    return {
        name: people.Person(name=name, examples=describer.describe_all(reference))
        for name, reference in references.items()
    }


def shots(seen, names: str, *, track: int | None = None):
    """One frame for each letter; tracks are numbered by letter, or all one."""
    for index, name in enumerate(names):
        if name == " ":
            yield frame(index), []
            continue
        image_u8, shown = seen[name]
        number = "ab".index(name) if track is None else track
        yield frame(index, image_u8), [dataclasses.replace(shown, track=number)]


def who(recogniser, frames) -> list[list[int | None]]:
    return [found for _, _, found in recogniser.recognised(frames)]


def test_another_face_in_one_track_is_another_person_from_its_first_frame_on(seen, known):
    recogniser = people.Recogniser([known["b"], known["a"]], follow=True)
    found = who(recogniser, shots(seen, "aaabbbbaa", track=3))
    assert found == [[1]] * 3 + [[0]] * 4 + [[1]] * 2


def test_in_single_pictures_nobody_is_remembered_by_number(seen, known):
    """The largest face has the number 0 in each, whoever that is."""
    recogniser = people.Recogniser([known["b"], known["a"]], follow=False)
    assert who(recogniser, shots(seen, "abba", track=0)) == [[1], [0], [0], [1]]


def test_in_single_pictures_a_face_too_blurred_to_know_is_nobody(seen, known):
    """The looks are near enough for one track, so only the video knows who that is."""
    image_u8, shown = seen["a"]
    blurred = cv2.GaussianBlur(image_u8, (0, 0), 12)
    frames = [(frame(0, image_u8), [shown]), (frame(1, blurred), [shown])]
    video = people.Recogniser([known["a"]], follow=True)
    assert who(video, frames) == [[0], [0]]
    pictures = people.Recogniser([known["a"]], follow=False)
    assert who(pictures, frames) == [[0], [None]]


def test_the_first_frames_of_a_track_wait_for_a_better_sighting(seen, known):
    image_u8, shown = seen["a"]
    blurred = cv2.GaussianBlur(image_u8, (0, 0), 12)
    frames = [(frame(index, blurred), [shown]) for index in range(3)]
    recogniser = people.Recogniser([known["a"]], follow=True)
    assert who(recogniser, frames) == [[None]] * 3
    frames += [(frame(index, image_u8), [shown]) for index in range(3, 12)]
    recogniser = people.Recogniser([known["a"]], follow=True)
    assert who(recogniser, frames) == [[0]] * 12


def test_an_unknown_person_is_nobody_and_the_nearest_is_kept(seen, known):
    recogniser = people.Recogniser([known["b"]], follow=True)
    assert who(recogniser, shots(seen, "aaa bb")) == [[None]] * 3 + [[], [0], [0]]
    assert recogniser.nearest[0] < 0.5
    alone = people.Recogniser([known["b"]], follow=True)
    who(alone, shots(seen, "aaa"))
    assert 0.6 < alone.nearest[0] < 1


FAR = np.inf


@pytest.mark.parametrize(
    ("distances", "current", "expected"),
    [
        ([[0.3, 0.5], [0.2, 0.59]], [None, None], [1, 0]),  # the nearest pair, then what is left
        ([[0.3], [0.2]], [None, None], [None, 0]),
        ([[0.3], [0.35]], [None, 0], [None, 0]),  # it stays, unless another is clearly nearer
        ([[0.2], [0.35]], [None, 0], [0, None]),
        ([[0.45, 0.4]], [0], [0]),
        ([[0.55, 0.4]], [0], [1]),
        ([[0.61]], [None], [None]),
        ([[0.69]], [0], [0]),
        ([[0.71]], [0], [None]),
        ([[-FAR, 0.1], [FAR, 0.1]], [1, None], [0, 1]),  # a number is certain
        ([[FAR, FAR]], [None], [None]),
        (np.zeros((0, 2)), [], []),
    ],
)
def test_faces_and_people_are_matched(distances, current, expected):
    assert people.match(np.array(distances), current) == expected


@pytest.mark.usefixtures("describer")
def test_a_picture_names_a_person(astronaut_u8, tmp_path):
    path = tmp_path / "anna.png"
    images.write_png(path, astronaut_u8)
    person = people.from_picture(path, faces=FACES)
    assert (person.name, person.track, person.examples.shape) == ("anna.png", None, (1, 128))
    small = cv2.copyMakeBorder(
        cv2.resize(astronaut_u8, (204, 204), interpolation=cv2.INTER_AREA),
        *(0, 308, 0, 0),
        cv2.BORDER_CONSTANT,
    )
    images.write_png(path, np.concatenate([astronaut_u8, small], axis=1))
    larger = people.from_picture(path, faces=FACES)
    assert np.linalg.norm(larger.examples - person.examples) < 0.1
    images.write_png(path, np.concatenate([astronaut_u8, astronaut_u8], axis=1))
    with pytest.raises(errors.FootageError, match=r"anna\.png shows 2 faces"):
        people.from_picture(path, faces=FACES)


@pytest.mark.usefixtures("describer")
def test_a_picture_that_shows_nobody(demo_clips, tmp_path):
    path = tmp_path / "wall.png"
    images.write_png(path, np.full((90, 90, 3), 120, np.uint8))
    with pytest.raises(errors.NoFaceError, match=r"No face in .*wall\.png"):
        people.from_picture(path, faces=FACES)
    with pytest.raises(errors.FootageError, match=r"a_test\.mp4"):
        people.from_picture(demo_clips["a_test"], faces=FACES)
    path.write_bytes(b"no picture")
    with pytest.raises(errors.FootageError, match=r"wall\.png"):
        people.from_picture(path, faces=FACES)


def test_a_name_is_short_and_printable():
    assert people._printable("an\nna.jpg") == "an?na.jpg"
    assert len(people._printable("x" * 300)) == people.LONGEST_NAME
