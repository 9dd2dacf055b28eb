"""Images: copies where nothing changed, marked pictures where a face did, all or nothing."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from jaxswap import errors, footage, images
from jaxswap.conversion import image_outputs
from jaxswap.provenance import marks, reading

MARK = marks.Mark(run_fingerprint="0123abcd", swaps=(marks.MarkedSwap(person="a", identity="b"),))


@pytest.fixture
def folder(tmp_path, smooth_images):
    path = tmp_path / "in"
    path.mkdir()
    for image_u8, name in zip(smooth_images(3), ("a.bmp", "b.png", "c.jpg"), strict=True):
        Image.fromarray(image_u8).save(path / name)
    return path


def write(output, source, *, painted=()):
    """All images through an output; those of the names in `painted` get a red corner."""
    with output:
        for frame in footage.FrameReader(source):
            original = output.keep(frame)
            canvas = None
            if original.name in painted:
                canvas = output.open_canvas(original)
                canvas.picture[:8, :8] = (255, 0, 0)
            output.write(original, canvas)


def test_what_did_not_change_is_the_same_file_without_a_mark(folder, tmp_path):
    output = image_outputs.FolderOutput(tmp_path / "out", source=folder, mark=MARK)
    write(output, folder, painted=("b.png",))
    for name in ("a.bmp", "c.jpg"):
        assert (tmp_path / "out" / name).read_bytes() == (folder / name).read_bytes()
    assert reading.read(tmp_path / "out" / "c.jpg") is None
    assert reading.read(tmp_path / "out" / "b.png") == MARK
    changed = images.read_u8(tmp_path / "out" / "b.png") != images.read_u8(folder / "b.png")
    assert changed[:8, :8].any()
    assert not changed[8:].any()


def test_a_format_that_carries_no_mark_becomes_png(folder, tmp_path):
    output = image_outputs.FolderOutput(tmp_path / "out", source=folder, mark=MARK)
    write(output, folder, painted=("a.bmp", "c.jpg"))
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a.bmp.png", "b.png", "c.jpg"]
    assert reading.read(tmp_path / "out" / "a.bmp.png") == MARK
    assert reading.read(tmp_path / "out" / "c.jpg") == MARK


def test_an_error_inside_leaves_no_folder(folder, tmp_path):
    def fail():
        with image_outputs.FolderOutput(tmp_path / "out", source=folder, mark=MARK) as output:
            (frame, *_) = footage.FrameReader(folder)
            output.write(output.keep(frame), None)
            raise RuntimeError("It broke off.")

    with pytest.raises(RuntimeError, match="broke off"):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_folder_that_holds_something_is_refused_and_an_empty_one_taken(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    write(image_outputs.FolderOutput(out, source=folder, mark=MARK), folder)
    assert len(list(out.iterdir())) == 3
    for place in (out, out / "a.bmp"):
        with pytest.raises(errors.OutputError, match="exists already"):
            image_outputs.FolderOutput(place, source=folder, mark=MARK)


def test_one_image_is_marked_or_copied(folder, tmp_path):
    for name, painted, mark in (("x.png", ("b.png",), MARK), ("y.png", (), None)):
        output = image_outputs.ImageOutput(tmp_path / name, source=folder / "b.png", mark=MARK)
        write(output, folder / "b.png", painted=painted)
        assert reading.read(tmp_path / name) == mark
    assert (tmp_path / "y.png").read_bytes() == (folder / "b.png").read_bytes()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.gif", r"must end in one of \.png"),
        ("in/b.png", "is the footage itself"),
        ("in.png", "is a folder: name an image file in it"),
    ],
)
def test_places_where_no_image_can_go_are_refused(folder, tmp_path, name, message):
    (tmp_path / "in.png").mkdir()
    with pytest.raises(errors.OutputError, match=message):
        image_outputs.ImageOutput(tmp_path / name, source=folder / "b.png", mark=MARK)


def test_a_place_below_a_file_is_refused_before_any_work(folder, tmp_path):
    out = folder / "b.png" / "out.png"
    output = image_outputs.ImageOutput(out, source=folder / "c.jpg", mark=MARK)
    with pytest.raises(errors.OutputError, match=r"out\.png cannot be written: .* Free space"):
        output.__enter__()


def test_an_image_that_vanished_is_told(folder, tmp_path):
    (frame,) = footage.FrameReader(folder / "c.jpg")

    def convert():
        with image_outputs.ImageOutput(
            tmp_path / "x.jpg", source=folder / "c.jpg", mark=MARK
        ) as output:
            (folder / "c.jpg").unlink()
            output.write(output.keep(frame), None)

    with pytest.raises(errors.OutputError, match="cannot be written: No such file"):
        convert()
    assert not (tmp_path / "x.jpg").exists()


def test_frames_of_a_video_are_numbered_from_1_and_their_sound_is_lost(folder, tmp_path):
    info = dataclasses.replace(footage.probe(folder), audio_streams=2)
    output = image_outputs.SequenceOutput(tmp_path / "out", source=info, mark=MARK)
    assert output.notices.lines == ("sound, which a folder of images cannot hold",)
    write(output, folder, painted=("000002.png",))
    names = [f"00000{number}.png" for number in (1, 2, 3)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert [reading.read(tmp_path / "out" / name) for name in names] == [None, MARK, None]
    np.testing.assert_array_equal(
        images.read_u8(tmp_path / "out" / "000001.png"), images.read_u8(folder / "a.bmp")
    )
    silent = dataclasses.replace(info, audio_streams=0)
    output = image_outputs.SequenceOutput(tmp_path / "more", source=silent, mark=MARK)
    assert output.notices.lines == ()
