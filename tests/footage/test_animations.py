"""Animations are films with the times of their frames, whatever their format."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jaxswap import errors, footage

MS = [100, 40, 250, 100]


def write(path: Path, draw, *, alpha: int = 255, **options: object) -> Path:
    frames = [Image.fromarray(draw(20 * index)) for index in range(len(MS))]
    for frame in frames:
        if alpha < 255:
            frame.putalpha(alpha)
    options = {"duration": MS, "save_all": True, "append_images": frames[1:], **options}
    frames[0].save(path, **options)
    return path


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.webp", "WEBP"), ("a.png", "PNG"), ("a.gif", "GIF"), ("a.avif", "AVIF"), ("a.jpg", "WEBP")],
)
def test_frames_come_with_their_times(tmp_path, draw, name, form):
    options = {"lossless": True} if form == "WEBP" else {}
    path = write(tmp_path / name, draw, format=form, **options)
    reader = footage.FrameReader(path)
    frames = list(reader)
    assert (reader.info.kind, reader.info.moves) == ("video", True)
    np.testing.assert_allclose(
        [frame.time_s for frame in frames], [0, 0.1, 0.14, 0.39], atol=0.0051
    )
    tolerance = {"AVIF": 40, "GIF": 40}.get(form, 0)
    for index, frame in enumerate(frames):
        difference = np.abs(frame.image_u8.astype(int) - draw(20 * index))
        assert difference.max() <= tolerance
    assert reader.notices.lines == ()
    if form != "GIF":  # whose delays are counted in hundredths
        assert reader.info.duration_s is None or reader.info.duration_s == pytest.approx(
            0.49, abs=0.02
        )


def test_a_part_of_an_animation_is_read_and_it_is_opened_again(tmp_path, draw):
    from fractions import Fraction

    from jaxswap import spans

    path = write(tmp_path / "a.webp", draw, lossless=True)
    part = footage.FrameReader(path, span=spans.Span(Fraction("0.12"), None))
    assert [round(frame.time_s, 3) for frame in part] == [0.14, 0.39]
    whole = list(footage.FrameReader(path))
    (again,) = footage.FrameReader(path).again([3])
    np.testing.assert_array_equal(again.image_u8, whole[3].image_u8)


@pytest.mark.parametrize(("alpha", "layout"), [(255, "bgr0"), (254, "bgra")])
def test_transparency_is_known_where_there_is_some(tmp_path, draw, alpha, layout):
    path = write(tmp_path / "a.webp", draw, alpha=alpha, lossless=True)
    with footage.open_video(path) as container:
        assert footage.picture_stream(container).codec_context.pix_fmt == layout


def test_a_changed_animation_is_read_anew(tmp_path, draw):
    path = write(tmp_path / "a.webp", draw, lossless=True)
    assert len(list(footage.FrameReader(path))) == 4
    write(path, draw, lossless=True, duration=[100, 100, 100, 300])
    times = [frame.time_s for frame in footage.FrameReader(path)]
    np.testing.assert_allclose(times, [0, 0.1, 0.2, 0.3], atol=1e-3)


def test_an_animation_that_is_cut_off_is_one_line(tmp_path, draw):
    path = write(tmp_path / "a.webp", draw, lossless=True)
    whole = path.read_bytes()
    for kept in (0.3, 0.6, 0.9):
        path.write_bytes(whole[: int(kept * len(whole))])
        with pytest.raises(errors.FootageError, match=r"a\.webp") as caught:
            list(footage.FrameReader(path))
        assert "\n" not in str(caught.value)


def test_a_gif_of_one_picture_is_a_still(tmp_path, draw):
    Image.fromarray(draw(0)).save(tmp_path / "a.gif")
    assert footage.probe(tmp_path / "a.gif").kind == "image"
