"""What is known of footage before its frames come."""

from fractions import Fraction

import av
import pytest

from jaxswap import footage, images, spans
from jaxswap.conversion import sources


def test_a_video_is_told_by_its_headers(make_clip, smooth_images):
    path = make_clip(smooth_images(4, width=80), pts=[1024, 1536, 2048, 2560])
    found = sources.of(footage.probe(path))
    assert (found.width, found.height, found.pix_fmt) == (80, 48, "yuv420p")
    assert (found.time_base, found.rate) == (Fraction(1, 12800), 25)
    assert found.end == 1024 + 4 * 512
    assert (found.sample_aspect, found.span, found.light.empty) == (None, spans.WHOLE, True)


@pytest.mark.parametrize(
    ("end_s", "end"), [(Fraction(1, 25), 512), (Fraction(1, 10), 1280), (Fraction(9), 2048)]
)
def test_a_part_ends_where_it_was_said_or_with_the_footage(make_clip, smooth_images, end_s, end):
    path = make_clip(smooth_images(4))
    found = sources.of(footage.probe(path), span=spans.Span(Fraction(0), end_s))
    assert found.end == end


def test_turned_footage_is_upright_and_so_are_its_pixels(tmp_path):
    path = tmp_path / "in.mov"
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 80, 64, "yuv420p"
        video.sample_aspect_ratio = video.codec_context.sample_aspect_ratio = Fraction(4, 3)
        video.set_display_rotation(90)
        output.mux(video.encode(av.VideoFrame(80, 64, "yuv420p")))
        output.mux(video.encode(None))
    found = sources.of(footage.probe(path))
    assert (found.width, found.height, found.sample_aspect) == (64, 80, Fraction(3, 4))


def test_a_folder_of_images_counts_frames(tmp_path, smooth_images):
    for index, image_u8 in enumerate(smooth_images(5)):
        images.write_png(tmp_path / f"{index}.png", image_u8)
    rate = Fraction(30000, 1001)
    info = footage.FrameReader(tmp_path, frame_rate=rate).info
    whole = sources.of(info)
    assert (whole.time_base, whole.rate, whole.end) == (1 / rate, rate, 5)
    assert (whole.width, whole.height, whole.pix_fmt) == (64, 48, "yuv420p")
    assert sources.of(info, span=spans.Span(Fraction(0), Fraction(1, 10))).end == 3
    assert sources.of(info, span=spans.Span(Fraction(0), Fraction(10))).end == 5
