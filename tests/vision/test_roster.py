import numpy as np
import pytest

from jaxswap import config, errors, footage, images
from jaxswap.vision import finding, people, roster

FACES = config.FacesConfig(min_face_px=40)


def test_everybody_is_listed_with_a_picture(couple, tmp_path):
    out = tmp_path / "who"
    entries, _ = roster.write(couple, out, faces=FACES)
    assert [(entry.track, entry.frames) for entry in entries] == [(0, 12), (1, 8)]
    assert [round(entry.first_s * 25) for entry in entries] == [0, 4]
    assert [round(entry.last_s * 25) for entry in entries] == [11, 11]
    assert entries[1].where == "0.2-0.4 s"
    assert sorted(path.name for path in out.iterdir()) == ["0.png", "1.png", "faces.png"]
    finder = finding.FaceFinder(config.FacesConfig())
    for entry in entries:
        picture_u8 = images.read_u8(out / f"{entry.track}.png")
        assert len(finder.find([footage.Frame(index=0, time_s=0.0, image_u8=picture_u8)])[0]) == 1
    sheet_u8 = images.read_u8(out / "faces.png")
    assert sheet_u8.shape[1] == 2 * 112
    with pytest.raises(errors.OutputError, match="exists already"):
        roster.write(couple, out, faces=FACES)


def test_a_picture_of_the_roster_names_the_person(couple, describer, references, tmp_path):
    roster.write(couple, tmp_path / "who", faces=FACES)
    known = {name: describer.describe_all(shown) for name, shown in references.items()}
    for track, own, other in ((0, "a", "b"), (1, "b", "a")):  # a is there from the first frame on
        person = people.from_picture(tmp_path / "who" / f"{track}.png", faces=FACES)
        near, far = (
            np.linalg.norm(person.examples - known[name], axis=-1).mean() for name in (own, other)
        )
        assert near < 0.5 < 0.6 < far


def test_faces_of_single_pictures_are_numbered_by_size_in_each(couple, tmp_path):
    folder = tmp_path / "stills"
    folder.mkdir()
    for frame in footage.FrameReader(couple, every=3):
        images.write_png(folder / f"{frame.index}.png", frame.image_u8)
    entries, _ = roster.write(folder, tmp_path / "who", faces=FACES)
    assert [(entry.where, entry.track) for entry in entries] == [
        ("0.png", 0),
        ("3.png", 0),
        ("6.png", 0),
        ("6.png", 1),
        ("9.png", 0),
        ("9.png", 1),
    ]
    pictures = [entry.picture for entry in entries]
    assert pictures[1:4] == ["000001-0.png", "000002-0.png", "000002-1.png"]
    written = {path.name for path in (tmp_path / "who").iterdir()}
    assert written == {*pictures, "faces.png"}
    only, _ = roster.write(folder / "9.png", tmp_path / "one", faces=FACES)
    assert [(entry.track, entry.picture) for entry in only] == [(0, "0.png"), (1, "1.png")]


def test_nobody_is_an_error_and_nothing_is_written(tmp_path):
    images.write_png(tmp_path / "wall.png", np.full((90, 90, 3), 120, np.uint8))
    with pytest.raises(errors.NoFaceError, match=r"No face in .*wall\.png"):
        roster.write(tmp_path / "wall.png", tmp_path / "who", faces=FACES)
    assert [path.name for path in tmp_path.iterdir()] == ["wall.png"]
