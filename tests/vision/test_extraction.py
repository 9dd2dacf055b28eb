"""Footage in, a whole faceset of the wanted person out, or nothing at all."""

import json
import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import config, errors, footage, images
from jaxswap.vision import extraction, faceset, finding, mesh


def extract(footages: list[Path], out: Path, **options) -> faceset.Faceset:
    extraction.extract(
        footages,
        out,
        faces=config.FacesConfig(),
        options=config.ExtractConfig(**{"chip_size": 64} | options),
    )
    return faceset.Faceset.open(out)


def middle_x(faces: faceset.Faceset) -> np.ndarray:
    return np.array([(record.box[0] + record.box[2]) / 2 for record in faces.records])


def test_the_largest_over_the_longest_time_is_kept(couple, tmp_path):
    report = extraction.extract(
        [couple],
        tmp_path / "faces",
        faces=config.FacesConfig(),
        options=config.ExtractConfig(chip_size=64),
    )
    faces = faceset.Faceset.open(tmp_path / "faces")
    assert (middle_x(faces) > 320).all()  # the smaller face, which is there three times as long
    assert [record.frame for record in faces.records] == list(range(12))
    assert (report.frames, report.frames_with_face, report.chips) == (12, 12, 12)
    assert report.notices == ()
    kept = {path.name for path in (tmp_path / "faces" / "chips").iterdir()}
    assert kept == {record.image for record in faces.records}
    assert not (tmp_path / "faces" / "candidates.jsonl").exists()


def test_a_track_by_number_and_all_tracks_can_be_had(couple, tmp_path):
    second = extract([couple], tmp_path / "second", track=1)
    assert (middle_x(second) < 320).all()
    assert [record.frame for record in second.records] == list(range(4, 12))
    everyone = extract([couple], tmp_path / "all", track="all")
    assert len(everyone.records) == 20
    assert everyone.info()["tracks"] == 2
    with pytest.raises(errors.NoFaceError, match=r"no track 2\. See .*: jaxswap faces .*couple"):
        extract([couple], tmp_path / "none", track=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all", "second"]


def contents(folder: Path) -> dict[str, bytes]:
    """Of all files but the header, which names the options."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "faceset.json"
    }


def test_of_one_person_main_is_the_same_as_all_and_as_the_number(demo_clips, tmp_path):
    made = {}
    for track in ("main", "all", 0):
        extract([demo_clips["a_test"]], tmp_path / str(track), every=10, track=track)
        made[track] = contents(tmp_path / str(track))
    assert len(made["main"]) == 15 + 2
    assert made["main"] == made["all"] == made[0]


def test_the_main_track_is_whole_where_another_led_at_first(takeover, tmp_path, counted_chips):
    extract([takeover], tmp_path / "number", track=1)
    counted_chips.clear()
    main = extract([takeover], tmp_path / "main")
    assert (middle_x(main) < 320).all()
    assert [record.frame for record in main.records] == list(range(4, 28))
    assert contents(tmp_path / "main") == contents(tmp_path / "number")
    in_vain = len(counted_chips) - 24
    assert 4 <= in_vain < 28  # those of the other one, while that one led


@pytest.fixture
def counted_chips(monkeypatch) -> list[int]:
    """A mark for each chip that is encoded."""
    chips: list[int] = []
    whole_encode = images.encode_png

    def encode(image_u8, **options):
        chips.extend([1] if image_u8.shape == (64, 64, 3) else [])
        return whole_encode(image_u8, **options)

    monkeypatch.setattr(images, "encode_png", encode)
    return chips


@pytest.mark.parametrize("track", ["main", 0])
def test_chips_of_others_are_not_encoded(couple, tmp_path, counted_chips, track):
    extract([couple], tmp_path / "faces", track=track)
    assert len(counted_chips) == 12  # of 20 faces


def test_footage_that_changes_between_two_readings_is_an_error(
    takeover, couple, tmp_path, monkeypatch
):
    path = tmp_path / "clip.mp4"
    shutil.copy(takeover, path)
    whole_again = footage.FrameReader.again

    def again(self, indices):
        path.write_bytes(couple.read_bytes())
        return whole_again(self, {*indices, 20})

    monkeypatch.setattr(footage.FrameReader, "again", again)
    with pytest.raises(errors.FootageError, match=r"clip\.mp4 changed while it was read"):
        extract([path], tmp_path / "faces")
    assert not (tmp_path / "faces").exists()


def test_who_listens_hears_of_each_frame(couple, tmp_path, capfd, heard):
    faces, options = config.FacesConfig(), config.ExtractConfig(chip_size=64)
    capfd.readouterr()
    extraction.extract([couple], tmp_path / "faces", faces=faces, options=options, events=heard)
    assert [one.done for one in heard.progresses] == list(range(13))
    assert {(one.task, one.total) for one in heard.progresses} == {("Extracting couple.mp4", 12)}
    assert capfd.readouterr() == ("", "")


def test_who_listens_may_stop_and_nothing_is_left(couple, tmp_path, heard):
    faces, options = config.FacesConfig(), config.ExtractConfig(chip_size=64)
    heard.stop_at = 3
    with pytest.raises(errors.Stopped):
        extraction.extract([couple], tmp_path / "faces", faces=faces, options=options, events=heard)
    assert [one.done for one in heard.progresses] == [0, 1, 2]
    assert list(tmp_path.iterdir()) == []


def test_records_say_where_a_chip_is_from(faceset_path, demo_clips):
    faces = faceset.Faceset.open(faceset_path)
    frames = {frame.index: frame for frame in footage.FrameReader(demo_clips["a_test"], every=25)}
    assert [record.frame for record in faces.records] == sorted(frames)
    for record in faces.records:
        assert record.time_s == frames[record.frame].time_s
        assert record.image == f"0-{record.frame:06d}-0.png"
        assert min(record.score, record.mesh_score) > 0.8
        eyes = record.landmarks_468[list(mesh.LEFT_EYE)].mean(axis=0)
        assert np.linalg.norm(eyes - record.landmarks_5[0]) < 0.08 * np.ptp(record.box[::2])


def test_the_faceset_says_how_it_was_made(faceset_path):
    header = json.loads((faceset_path / "faceset.json").read_text())
    assert header["config"]["extract"] == config.to_dict(
        config.ExtractConfig(chip_size=128, every=25)
    )
    assert header["config"]["faces"] == config.to_dict(config.FacesConfig())
    (source,) = header["sources"]
    assert (source["name"], source["frames"]) == ("a_test.mp4", 6)
    assert len(source["sha256"]) == 64
    sheet = images.read_u8(faceset_path / "contact_sheet.png")
    assert sheet.std() > 20


def test_chips_are_upright_and_aligned_to_each_other(faceset_path):
    faces = faceset.Faceset.open(faceset_path)
    points = np.stack([faces.landmarks(record) for record in faces.records])
    eyes = points[:, list(mesh.RIGHT_EYE)].mean(1) - points[:, list(mesh.LEFT_EYE)].mean(1)
    assert np.abs(eyes[:, 1]).max() < 0.02
    assert points.std(axis=0).mean() < 0.02


def test_several_footages_make_one_faceset(demo_clips, astronaut_u8, tmp_path):
    stills = tmp_path / "stills"
    stills.mkdir()
    images.write_png(stills / "2.png", astronaut_u8)
    images.write_png(stills / "10.png", np.ascontiguousarray(astronaut_u8[:, ::-1]))
    images.write_png(stills / "1.png", np.full((64, 64, 3), 9, np.uint8))
    images.write_png(tmp_path / "one.png", astronaut_u8)
    footages = [demo_clips["a_test"], stills, tmp_path / "one.png"]
    faces = extract(footages, tmp_path / "faces", every=75)
    assert [(r.source, r.frame) for r in faces.records] == [(0, 0), (0, 75), (2, 0)]
    assert [source.kind for source in faces.sources] == ["video", "images", "image"]
    faces = extract([stills], tmp_path / "stills faces")
    assert [(r.source, r.frame, r.track) for r in faces.records] == [(0, 1, 0), (0, 2, 0)]


def test_stills_keep_the_largest_face_of_each(couple, tmp_path):
    folder = tmp_path / "stills"
    folder.mkdir()
    for frame in footage.FrameReader(couple, every=3):
        images.write_png(folder / f"{frame.index}.png", frame.image_u8)
    faces = extract([folder], tmp_path / "faces")
    np.testing.assert_array_equal(middle_x(faces) < 320, [False, False, True, True])


def test_footage_without_a_face_is_said_and_leaves_nothing(tmp_path):
    rng = np.random.default_rng(0)
    images.write_png(tmp_path / "noise.png", rng.integers(0, 255, (96, 128, 3), dtype=np.uint8))
    with pytest.raises(errors.NoFaceError, match=r"No face in noise\.png .* Lower --faces\."):
        extract([tmp_path / "noise.png"], tmp_path / "faces")
    assert [path.name for path in tmp_path.iterdir()] == ["noise.png"]


def test_missing_footage_stops_before_the_work_begins(demo_clips, tmp_path, monkeypatch):
    monkeypatch.setattr(finding.FaceFinder, "find", None)
    with pytest.raises(errors.FootageError, match=r"There is no file"):
        extract([demo_clips["a_test"], tmp_path / "gone.mp4"], tmp_path / "faces")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["faceset", "folder", "file"])
def test_what_is_there_is_never_overwritten(demo_clips, tmp_path, kind):
    out = tmp_path / "faces"
    if kind == "file":
        out.write_text("mine")
    else:
        out.mkdir()
        (out / ("faceset.json" if kind == "faceset" else "mine.txt")).write_text("mine")
    with pytest.raises(errors.OutputError, match=r"exists already. Remove it or choose another"):
        extract([demo_clips["a_test"]], out)
    assert out.exists()
    assert out.is_file() or [path.read_text() for path in out.iterdir()] == ["mine"]


def test_an_empty_folder_is_filled(demo_clips, tmp_path):
    (tmp_path / "faces").mkdir()
    assert len(extract([demo_clips["a_test"]], tmp_path / "faces", every=100).records) == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_when_it_is_stopped_nothing_is_left(demo_clips, tmp_path, monkeypatch, error):
    whole_encode = images.encode_png
    written = []

    def encode_twice(image_u8, **options):
        if len(written) == 2:
            raise error
        written.append(image_u8.shape)
        return whole_encode(image_u8, **options)

    monkeypatch.setattr(images, "encode_png", encode_twice)
    with pytest.raises(type(error)):
        extract([demo_clips["a_test"]], tmp_path / "faces", every=40)
    assert len(written) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_video_is_extracted_as_far_as_it_decodes(demo_clips, tmp_path):
    cut = tmp_path / "cut.mkv"
    with av.open(str(demo_clips["a_test"])) as source, av.open(str(cut), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    report = extraction.extract(
        [cut],
        tmp_path / "faces",
        faces=config.FacesConfig(),
        options=config.ExtractConfig(chip_size=64, every=20),
    )
    assert 1 <= report.chips < 8
    (lost,) = report.notices
    assert "cut.mkv" in lost


def test_a_second_extraction_gives_the_same_faceset(faceset_path, demo_clips, tmp_path):
    again = extract([demo_clips["a_test"]], tmp_path / "again", chip_size=128, every=25)
    assert again.fingerprint() == faceset.Faceset.open(faceset_path).fingerprint()
