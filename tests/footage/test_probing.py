"""What footage is, and what is none."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import errors, footage

SIZE = (64, 48)  # width, height, of the clips


def _bad(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / f"{kind}.mp4"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path = tmp_path / "text.txt"
        path.write_text("no film\n" * 100)
    elif kind == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(5_000))
    elif kind == "folder":
        path = tmp_path / "folder"
        path.mkdir()
    elif kind == "sound":
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=16_000, layout="mono")
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate = 16_000
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "There is no file .* Check the path"),
        ("empty", "is empty. Copy or export it again"),
        ("text", "has no video stream. Give a file with pictures"),
        ("noise", "cannot be read as a video .* Give a video file"),
        ("folder", "holds no image.* Give a video file or a folder of images"),
        ("sound", "has no video stream. Give a file with pictures"),
    ],
)
def test_what_is_no_footage_is_refused_with_a_remedy(tmp_path, kind, message):
    with pytest.raises(errors.FootageError, match=message) as caught:
        footage.probe(_bad(tmp_path, kind))
    assert "\n" not in str(caught.value)


def test_a_playlist_does_not_open_the_network(tmp_path):
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(errors.FootageError):
        list(footage.FrameReader(path))


def put_cover_first(path: Path) -> None:
    """The box of the cover before the tracks, as some tools write it: it becomes stream 0."""
    content = path.read_bytes()
    moov = content.index(b"moov") - 4
    (size,) = struct.unpack_from(">I", content, moov)
    at, boxes = moov + 8, []
    while at < moov + size:
        (length,) = struct.unpack_from(">I", content, at)
        boxes.append(content[at : at + length])
        at += length
    boxes.sort(key=lambda box: [b"mvhd", b"udta", b"trak"].index(box[4:8]))
    path.write_bytes(content[: moov + 8] + b"".join(boxes) + content[moov + size :])


def test_a_cover_picture_is_not_the_film(clip, tmp_path):
    path = tmp_path / "cover.mp4"
    cover = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        picture_ = target.add_stream("mjpeg", rate=1)
        picture_.width, picture_.height, picture_.pix_fmt = 32, 32, "yuvj420p"
        picture_.disposition = av.stream.Disposition.attached_pic
        stream = target.add_stream_from_template(source.streams.video[0])
        target.mux(picture_.encode(cover.reformat(format="yuvj420p")))
        target.mux(picture_.encode(None))
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    put_cover_first(path)
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "mjpeg"
    info = footage.probe(path)
    assert (info.width, info.height) == SIZE
    assert len(list(footage.FrameReader(path))) == 30
