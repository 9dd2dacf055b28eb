"""Marks read back from files, which anyone may have made."""

import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from jaxswap import errors
from jaxswap.provenance import containers, marks, reading, xmp

PICTURES = (".png", ".jpg", ".webp")


def write_video(path: Path, *, metadata: dict[str, str]) -> Path:
    with av.open(str(path), "w") as output:
        output.metadata.update(metadata)
        video = output.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width = video.height = 32
        for _ in range(3):
            output.mux(video.encode(av.VideoFrame(32, 32, "yuv420p")))
        output.mux(video.encode(None))
    return path


def marked_video(path: Path, mark: marks.Mark) -> Path:
    packet = xmp.to_xmp(mark)
    if path.suffix == ".mkv":
        return write_video(path, metadata={"XMP": packet})
    write_video(path, metadata={})
    containers.append_uuid_box(path, packet)
    return path


@pytest.mark.parametrize("name", ["x.mp4", "x.mov", "x.mkv"])
def test_a_video_is_read_back(tmp_path, mark, name):
    assert reading.read(marked_video(tmp_path / name, mark)) == mark


@pytest.mark.parametrize("name", ["x.mp4", "x.mov"])
def test_a_video_with_the_box_still_plays(tmp_path, mark, name):
    with av.open(str(marked_video(tmp_path / name, mark))) as container:
        assert len(list(container.decode(video=0))) == 3


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.JPEG", "x.webp"])
def test_a_picture_is_read_back(write_picture, mark, name):
    assert reading.read(write_picture(name)) == mark


def test_unmarked_files_have_no_mark(tmp_path, demo_clips):
    for suffix in PICTURES:
        path = tmp_path / f"plain{suffix}"
        Image.new("RGB", (8, 8)).save(path)
        assert reading.read(path) is None
    assert reading.read(write_video(tmp_path / "plain.mkv", metadata={})) is None
    assert reading.read(demo_clips["a_test"]) is None
    (tmp_path / "x.txt").write_text("no media")
    assert reading.read(tmp_path / "x.txt") is None


def test_missing_file_and_folder_are_refused(tmp_path):
    for path in (tmp_path / "nothing.mp4", tmp_path):
        with pytest.raises(errors.FootageError, match="is no file"):
            reading.read(path)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", *PICTURES])
def test_damaged_files_give_a_mark_or_none(tmp_path, write_picture, mark, suffix):
    if suffix in PICTURES:
        whole = write_picture(f"x{suffix}").read_bytes()
    else:
        whole = marked_video(tmp_path / f"x{suffix}", mark).read_bytes()
    path = tmp_path / f"damaged{suffix}"
    rng = np.random.default_rng(1)
    for trial in range(60):
        data = bytearray(whole[: rng.integers(len(whole))] if trial % 2 else whole)
        for at in rng.integers(max(len(data), 1), size=8):
            data[at : at + 1] = bytes([rng.integers(256)]) if data else b""
        path.write_bytes(data)
        assert isinstance(reading.read(path), marks.Mark | None)


def box(kind: bytes, content: bytes, *, size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(content) + 8 if size is None else size, kind) + content


def test_boxes_with_wrong_sizes_end_the_search(tmp_path, mark):
    path = tmp_path / "x.mp4"
    good = box(b"uuid", containers.XMP_UUID + xmp.to_xmp(mark).encode())
    for bad, found in [
        (box(b"free", b"", size=8), True),
        (box(b"free", b"", size=7), False),
        (box(b"free", b"", size=2**31), False),
        (box(b"free", struct.pack(">Q", 16), size=1), True),
        (box(b"free", struct.pack(">Q", 2**63), size=1), False),
    ]:
        path.write_bytes(box(b"ftyp", b"isom") + bad + good)
        assert (reading.read(path) == mark) is found, bad
    path.write_bytes(box(b"ftyp", b"isom") + box(b"free", b"", size=1))
    assert reading.read(path) is None  # the file ends inside a header


def test_a_box_of_bulk_is_not_read(tmp_path, mark):
    packet = xmp.to_xmp(mark).encode()
    for spare, found in ((0, True), (1, False)):
        content = packet.ljust(marks.MAX_PACKET_BYTES + spare)
        content = box(b"ftyp", b"isom") + box(b"uuid", containers.XMP_UUID + content)
        (tmp_path / "x.mp4").write_bytes(content)
        assert (containers.find_packet(tmp_path / "x.mp4") is not None) is found


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))


def png(packet: bytes, *, side: int = 8) -> bytes:
    """A picture without pixels, which nobody needs who looks for its mark."""
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + packet
    return header(side, side) + chunk(b"iTXt", text) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def jpeg(packet: bytes, plain: bytes) -> bytes:
    content = b"http://ns.adobe.com/xap/1.0/\0" + packet
    return plain[:2] + struct.pack(">2H", 0xFFE1, len(content) + 2) + content + plain[2:]


def webp(packet: bytes, plain: bytes, *, side: int = 8) -> bytes:
    sides = (side - 1).to_bytes(3, "little") * 2
    chunks = b"WEBPVP8X" + struct.pack("<IB3x", 10, 4) + sides + plain[12:]
    chunks += b"XMP " + struct.pack("<I", len(packet)) + packet + b"\0" * (len(packet) % 2)
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


@pytest.mark.parametrize("suffix", PICTURES)
def test_marks_are_found_where_the_formats_keep_them(tmp_path, mark, suffix):
    """Byte by byte as all versions wrote them, whatever library writes and reads them now."""
    packet, path = xmp.to_xmp(mark).encode(), tmp_path / f"x{suffix}"
    if suffix == ".png":
        path.write_bytes(png(packet))
    else:
        Image.new("RGB", (8, 8)).save(path, lossless=True)
        make = {".jpg": jpeg, ".webp": webp}[suffix]
        path.write_bytes(make(packet, path.read_bytes()))
    assert reading.read(path) == mark
    for end in (20, len(packet), path.stat().st_size // 3):
        (tmp_path / "cut").write_bytes(path.read_bytes()[:end])
        assert reading.read(tmp_path / "cut") is None


def test_no_pixel_is_decoded_whatever_size_a_header_says(tmp_path, mark, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", refuse)
    monkeypatch.setattr("PIL.WebPImagePlugin.WebPImageFile.load", refuse)
    path, packet = tmp_path / "x", xmp.to_xmp(mark).encode()
    path.write_bytes(png(packet, side=10_000))  # as large as pictures may be
    assert reading.read(path) == mark
    path.write_bytes(png(packet, side=2**31 - 1))
    assert reading.read(path) is None
    Image.new("RGB", (8, 8)).save(tmp_path / "x.webp", lossless=True)
    path.write_bytes(webp(packet, (tmp_path / "x.webp").read_bytes(), side=2**24))
    assert reading.read(path) is None


def test_a_picture_file_of_bulk_is_not_read(tmp_path, write_picture, mark, monkeypatch):
    path = write_picture("x.webp")
    monkeypatch.setattr(containers, "MAX_PICTURE_BYTES", path.stat().st_size)
    assert reading.read(path) == mark
    monkeypatch.setattr(containers, "MAX_PICTURE_BYTES", path.stat().st_size - 1)
    assert reading.read(path) is None


def test_a_bulky_packet_of_a_picture_is_not_read(tmp_path, mark):
    packet = xmp.to_xmp(mark).encode()
    for spare, found in ((0, True), (1, False)):
        (tmp_path / "x.png").write_bytes(png(packet.ljust(marks.MAX_PACKET_BYTES + spare)))
        assert (reading.read(tmp_path / "x.png") == mark) is found


def test_a_disk_that_refuses_is_told(write_picture, monkeypatch):
    path = write_picture("x.png")

    def refuse(*args, **kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("PIL.Image.open", refuse)
    with pytest.raises(errors.FootageError, match=r"x\.png cannot be read: Input/output error"):
        reading.read(path)
