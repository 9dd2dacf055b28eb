"""Turned footage, films of images, folders of frames and the video that shows both sides."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import config, errors, footage, images, spans
from jaxswap.conversion import canvas, outputs
from jaxswap.provenance import marks, reading
from jaxswap.video import planes

MARK = marks.Mark(run_fingerprint="0123abcd", swaps=(marks.MarkedSwap(person="a", identity="b"),))
LESS_COLOUR = ["colour at full resolution, which av1 cannot hold"]
BOX = canvas.Box(16, 8, 40, 32)
RED = np.broadcast_to(np.float32([0.9, 0.1, 0.1]), (24, 24, 3)).copy()


def through(
    source: Path,
    out: Path,
    *,
    painted: tuple[int, ...] = (),
    frame_rate: Fraction | None = None,
    beside: Path | None = None,
    span: spans.Span = spans.WHOLE,
    **options,
) -> list[str]:
    """Every frame through the output of a conversion, some with a red square: what is told of."""
    reader = footage.FrameReader(source, frame_rate=frame_rate, span=span)
    chosen = config.ConvertConfig(**options)
    output = outputs.make(reader.info, out, mark=MARK, options=chosen, span=span)
    pair = None
    if beside is not None:
        pair = outputs.make_side_by_side(output, beside, mark=MARK, options=chosen)
        pair.__enter__()
    with output:
        for frame in reader:
            original = output.keep(frame)
            made = None
            if frame.index in painted:
                made = output.open_canvas(original)
                made.mix(BOX, RED, np.ones((24, 24), np.float32))
            output.write(original, made)
            if pair is not None:
                pair.compare(original, made)
    if pair is not None:
        pair.__exit__(None, None, None)
    return [*reader.notices.lines, *output.notices.lines]


@pytest.fixture
def joined(tmp_path, join_parts) -> Path:
    """Ten frames, of which the last five are smaller."""
    first, second = ((96, 64), (200, 40, 40)), ((64, 64), (40, 40, 200))
    parts = [(*size, color, "yuv420p", (1, 1)) for size, color in (first, second)]
    return join_parts(tmp_path / "joined.ts", parts)


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def luma(frame: av.VideoFrame) -> np.ndarray:
    return planes.views(frame)[0].astype(int)


@pytest.fixture
def folder(smooth_images, tmp_path):
    path = tmp_path / "stills"
    path.mkdir()
    for index, image_u8 in enumerate(smooth_images(12)):
        images.write_png(path / f"still{index}.png", image_u8)  # 10 after 9 only by nature
    return path


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le"])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_turned_footage_is_written_upright_without_a_flag(tmp_path, degrees, mirrored, pix_fmt):
    source = tmp_path / "in.mov"
    rng = np.random.default_rng(0)
    with av.open(str(source), "w") as output:
        video = output.add_stream("libx264", rate=25, options={"qp": "0"})
        video.width, video.height, video.pix_fmt = 80, 64, pix_fmt
        video.sample_aspect_ratio = video.codec_context.sample_aspect_ratio = Fraction(4, 3)
        turn = np.linalg.matrix_power([[0, 1], [-1, 0]], degrees // 90)
        (a, c), (b, d) = 65536 * turn @ np.diag([-1 if mirrored else 1, 1])
        video.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        for _ in range(2):
            frame = av.VideoFrame(80, 64, pix_fmt)
            for plane in planes.views(frame):
                plane[...] = rng.integers(64, 200, plane.shape)
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
    lying = decoded(source)
    turns = degrees // 90
    shape = Fraction(3, 4) if turns % 2 else Fraction(4, 3)
    lost = through(source, tmp_path / "out.mkv", painted=(1,), codec="ffv1")
    assert lost == [f"the shape of pixels, {shape}, which is not said in out.mkv"]
    after = decoded(tmp_path / "out.mkv")
    for was, now in zip(lying, after, strict=True):
        assert "DISPLAYMATRIX" not in now.side_data
        assert now.format.name == was.format.name
        expected = np.rot90(luma(was)[:, ::-1] if mirrored else luma(was), turns)
        outside = np.ones(expected.shape, bool)
        if now is after[1]:
            outside[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1] = False
            assert (luma(now) != expected)[~outside].mean() > 0.8
        np.testing.assert_array_equal(luma(now)[outside], expected[outside])
    for codec, suffix in (("h264", ".mkv"), ("h265", ".mov"), ("av1", ".mp4")):
        assert through(source, tmp_path / f"{codec}{suffix}", codec=codec) in ([], LESS_COLOUR)
        with av.open(str(tmp_path / f"{codec}{suffix}")) as container:
            assert container.streams.video[0].sample_aspect_ratio == shape


def test_a_video_becomes_a_folder_of_frames(make_clip, smooth_images, tmp_path):
    source = make_clip(smooth_images(3), audio=["aac"])
    lost = through(source, tmp_path / "frames", painted=(1,))
    assert lost == ["sound, which a folder of images cannot hold"]
    names = sorted(path.name for path in (tmp_path / "frames").iterdir())
    assert names == ["000001.png", "000002.png", "000003.png"]
    for frame in footage.FrameReader(source):
        path = tmp_path / "frames" / names[frame.index]
        changed = images.read_u8(path) != frame.image_u8
        inside = changed[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1].copy()
        changed[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1] = False
        assert not changed.any()
        assert inside.any() == (frame.index == 1)
        assert (reading.read(path) == MARK) == (frame.index == 1)
    with pytest.raises(errors.OutputError, match="exists already"):
        through(source, tmp_path / "frames")
    with pytest.raises(errors.OutputError, match="that is a video"):
        through(source, tmp_path / "more", beside=tmp_path / "pair.mp4")


def test_a_folder_becomes_a_film(folder, smooth_images, tmp_path, read_streams):
    rate = Fraction(30000, 1001)
    assert through(folder, tmp_path / "out.mov", painted=(3,), frame_rate=rate, crf=1) == []
    after = read_streams(tmp_path / "out.mov")
    assert after.times == [index / rate for index in range(12)]
    assert after.duration == 12 / rate
    assert after.tags == (1, 1, 1, 1)
    for index, (was, now) in enumerate(zip(smooth_images(12), after.images, strict=True)):
        error = np.abs(was.astype(int) - now)
        assert bool(error[12:28, 20:36].mean() > 20) == (index == 3)
        assert error[36:, 4:-4].mean() < 2
    assert reading.read(tmp_path / "out.mov") == MARK
    part = spans.Span(Fraction("0.2"), Fraction("0.5"))
    through(folder, tmp_path / "part.mkv", frame_rate=Fraction(10), span=part, codec="ffv1")
    assert read_streams(tmp_path / "part.mkv").times == [0, Fraction(1, 10), Fraction(2, 10)]


def test_a_folder_with_a_rate_can_become_a_folder(folder, tmp_path):
    through(folder, tmp_path / "out", painted=(1,), frame_rate=Fraction(25))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {path.name for path in folder.iterdir()}


def test_images_of_two_sizes_are_a_film_of_the_first(folder, smooth_images, tmp_path):
    images.write_png(folder / "still7.png", smooth_images(1, width=24, height=48)[0])
    (line,) = through(folder, tmp_path / "out.mkv", frame_rate=Fraction(25), codec="ffv1")
    assert line.endswith("black borders: still7.png")
    after = decoded(tmp_path / "out.mkv")
    assert {(frame.width, frame.height) for frame in after} == {(64, 48)}
    assert luma(after[7])[:, :18].max() <= 17
    assert luma(after[7])[24, 32] > 40
    through(folder, tmp_path / "out", frame_rate=Fraction(25))
    assert images.read_u8(tmp_path / "out" / "still7.png").shape == (48, 64, 3)


def test_what_a_film_of_images_loses_is_told_of(folder, smooth_images, tmp_path):
    (image_u8,) = smooth_images(1)
    clear = np.dstack([image_u8, np.zeros((48, 64), np.uint8)])
    (folder / "still2.png").write_bytes(images.encode_png(clear))
    (folder / "still3.png").write_bytes(images.encode_png(image_u8.astype(np.uint16) * 257))
    lost = through(folder, tmp_path / "out.mkv", frame_rate=Fraction(25), codec="ffv1")
    assert lost == [
        "Transparent parts became black, since a video has none: still2.png",
        "16 bits a channel became 8 in the video: still3.png",
    ]
    assert luma(decoded(tmp_path / "out.mkv")[2]).max() <= 16


def test_what_pngs_of_a_video_lose_is_told_of(make_clip, smooth_images, tmp_path):
    source = make_clip(smooth_images(2), pix_fmt="yuv420p10le", tags=(9, 1, 9, 16))
    assert through(source, tmp_path / "frames") == [
        "10 bits a channel of in.mp4 became 8 in PNGs",
        "the colours of in.mp4 are no sRGB (BT.2020, P3, PQ or HLG): the PNGs hold its values and "
        "do not say so; a video keeps them",
    ]


@pytest.mark.parametrize("coded", ["bgr0", "gray", "gray10le", "bgra", "gbrp10le"])
def test_white_stays_white(tmp_path, coded):
    source = tmp_path / "in.mkv"
    with av.open(str(source), "w") as output:
        video = output.add_stream("ffv1", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, coded
        frame = av.VideoFrame(64, 48, coded)
        bits = max(component.bits for component in frame.format.components)
        white = (2**bits - 1).to_bytes(2, "little") if bits > 8 else b"\xff"
        for plane in frame.planes:
            plane.update(white * (plane.buffer_size // len(white)))
        output.mux(video.encode(frame))
        output.mux(video.encode(None))
    (frame,) = footage.FrameReader(source)
    assert (frame.image_u8 == 255).all()
    through(source, tmp_path / "out.mkv", codec="ffv1")
    (frame,) = footage.FrameReader(tmp_path / "out.mkv")
    assert (frame.image_u8 == 255).all()


@pytest.mark.parametrize("out", ["out.mkv", "frames"])
def test_footage_whose_size_changes_has_one_size_in_every_output(tmp_path, joined, out):
    (line,) = through(joined, tmp_path / out, painted=(7,), crf=1)
    assert "changes midway from 96x64 to 64x64" in line
    frames = list(footage.FrameReader(tmp_path / out))
    seen = list(footage.FrameReader(joined))
    assert len(frames) == len(seen) == 10
    for was, now in zip(seen, frames, strict=True):
        error = np.abs(was.image_u8.astype(int) - now.image_u8)[34:]
        assert error.max() <= 8


@pytest.mark.parametrize(("width", "height"), [(64, 48), (65, 47)])
def test_both_sides_are_shown(make_clip, smooth_images, read_streams, tmp_path, width, height):
    pix_fmt = "yuv444p" if width % 2 else "yuv420p"
    pts = [700, 1100, 1101, 3000]
    source = make_clip(
        smooth_images(4, width=width, height=height), pix_fmt=pix_fmt, pts=pts, audio=["aac"]
    )
    out, beside = tmp_path / "out.mp4", tmp_path / "pair.mp4"
    through(source, out, painted=(2,), beside=beside, crf=1)
    before, result, pair = map(read_streams, (source, out, beside))
    assert pair.sizes == {(2 * width, height)}
    assert pair.times == before.times
    assert pair.packets == before.packets
    assert pair.tags == before.tags
    assert reading.read(beside) == MARK
    for was, now, both in zip(before.images, result.images, pair.images, strict=True):
        for half, expected in ((both[:, :width], was), (both[:, width:], now)):
            error = np.abs(half.astype(int) - expected)[4:-4, 4:-4]
            assert error.mean() < 2.5
    changed = np.abs(pair.images[2][:, :width].astype(int) - pair.images[2][:, width:])
    assert changed[12:28, 20:36].mean() > 20
    assert changed[36:, 4:-4].mean() < 2
    with pytest.raises(errors.OutputError, match="result itself"):
        through(source, out, beside=out)
