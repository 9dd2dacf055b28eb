import dataclasses
import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import errors
from jaxswap.provenance import containers, marked_pictures, marks, xmp

MARK = marks.Mark(
    run_fingerprint="0123abcd",
    swaps=(
        marks.MarkedSwap(person="a", identity='Bé & "<b>"'),
        marks.MarkedSwap(person="[ben].jpg", identity="a"),
    ),
)


def write_video(path: Path, *, metadata: dict[str, str]) -> Path:
    with av.open(str(path), "w") as output:
        output.metadata.update(metadata)
        video = output.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width = video.height = 32
        for _ in range(3):
            output.mux(video.encode(av.VideoFrame(32, 32, "yuv420p")))
        output.mux(video.encode(None))
    return path


def marked_video(path: Path) -> Path:
    packet = xmp.to_xmp(MARK)
    if path.suffix == ".mkv":
        return write_video(path, metadata={"XMP": packet})
    write_video(path, metadata={})
    containers.append_uuid_box(path, packet)
    return path


def marked_picture(path: Path) -> Path:
    image_u8 = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    marked_pictures.write(path, image_u8, mark=MARK)
    return path


@pytest.mark.parametrize("name", ["x.mp4", "x.mov", "x.mkv"])
def test_video_is_read_back(tmp_path, name):
    assert marks.read(marked_video(tmp_path / name)) == MARK


@pytest.mark.parametrize("name", ["x.mp4", "x.mov"])
def test_a_video_with_the_box_still_plays(tmp_path, name):
    with av.open(str(marked_video(tmp_path / name))) as container:
        assert len(list(container.decode(video=0))) == 3


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.JPEG", "x.webp"])
def test_picture_is_read_back_by_us_and_by_pillow(tmp_path, name):
    from PIL import Image

    path = marked_picture(tmp_path / name)
    assert marks.read(path) == MARK
    with Image.open(path) as image:
        image.load()
        packet = image.info.get("xmp") or image.info["XML:com.adobe.xmp"]
        assert image.size == (30, 20)
    packet = packet.encode() if isinstance(packet, str) else packet
    assert xmp.parse(packet) == MARK
    assert marks.COMPOSITE_SYNTHETIC.encode() in packet


@pytest.mark.parametrize("name", ["x.png", "x.webp"])
def test_lossless_picture_keeps_its_pixels(tmp_path, name):
    from PIL import Image

    with Image.open(marked_picture(tmp_path / name)) as image:
        pixels = np.asarray(image)
    expected = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("name", ["x.png", "x.jpg"])
def test_picture_says_it_in_words(tmp_path, name):
    from PIL import Image

    with Image.open(marked_picture(tmp_path / name)) as image:
        said = image.info.get("Comment") or image.info["comment"].decode()
    assert said.startswith("Synthetic media: faces in this image replaced by jaxswap")


def test_packet_names_tool_and_source_type():
    packet = xmp.to_xmp(MARK)
    assert f'xmp:CreatorTool="jaxswap {MARK.version}"' in packet
    assert f'Iptc4xmpExt:DigitalSourceType="{marks.COMPOSITE_SYNTHETIC}"' in packet


def test_unmarked_files_have_no_mark(tmp_path, demo_clips):
    from PIL import Image

    for suffix in (".png", ".jpg", ".webp"):
        path = tmp_path / f"plain{suffix}"
        Image.new("RGB", (8, 8)).save(path)
        assert marks.read(path) is None
    assert marks.read(write_video(tmp_path / "plain.mkv", metadata={})) is None
    assert marks.read(demo_clips["a_test"]) is None


def test_xmp_of_other_tools_is_no_mark(tmp_path):
    from PIL import Image

    path = tmp_path / "other.jpg"
    packet = xmp.to_xmp(MARK).replace(xmp.NAMESPACE, "http://example.org/")
    Image.new("RGB", (8, 8)).save(path, xmp=packet.encode())
    assert marks.read(path) is None


def test_missing_file_and_folder_are_refused(tmp_path):
    for path in (tmp_path / "nothing.mp4", tmp_path):
        with pytest.raises(errors.FootageError, match="is no file"):
            marks.read(path)


def test_picture_that_cannot_carry_a_mark_is_refused(tmp_path):
    with pytest.raises(errors.OutputError, match=r"\.png, \.jpg"):
        marked_pictures.write(tmp_path / "x.bmp", np.zeros((4, 4, 3), np.uint8), mark=MARK)


@pytest.mark.parametrize("value", ["", "two\nlines", "x" * 201, "\x00"])
def test_values_that_xml_would_change_are_refused(value):
    with pytest.raises(ValueError, match="printable"):
        marks.MarkedSwap(person="a", identity=value)
    with pytest.raises(ValueError, match="printable"):
        dataclasses.replace(MARK, run_fingerprint=value)


def test_the_number_of_swaps_is_bounded():
    one = MARK.swaps[:1]
    most = dataclasses.replace(MARK, swaps=one * marks.MAX_SWAPS)
    packet = xmp.to_xmp(most)
    assert xmp.parse(packet.encode()) == most
    more = packet.replace("<rdf:Seq>", "<rdf:Seq><rdf:li jaxswap:person='a' jaxswap:identity='b'/>")
    assert xmp.parse(more.encode()) is None
    for swaps in ((), one * (marks.MAX_SWAPS + 1)):
        with pytest.raises(ValueError, match="people"):
            dataclasses.replace(MARK, swaps=swaps)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".png", ".jpg", ".webp"])
def test_damaged_files_give_a_mark_or_none(tmp_path, suffix):
    make = marked_video if suffix in (".mp4", ".mkv") else marked_picture
    whole = make(tmp_path / f"x{suffix}").read_bytes()
    path = tmp_path / f"damaged{suffix}"
    rng = np.random.default_rng(1)
    for trial in range(60):
        data = bytearray(whole[: rng.integers(len(whole))] if trial % 2 else whole)
        for at in rng.integers(max(len(data), 1), size=8):
            data[at : at + 1] = bytes([rng.integers(256)]) if data else b""
        path.write_bytes(data)
        assert isinstance(marks.read(path), marks.Mark | None)


def box(kind: bytes, content: bytes, *, size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(content) + 8 if size is None else size, kind) + content


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def test_boxes_with_wrong_sizes_end_the_search(tmp_path):
    path = tmp_path / "x.mp4"
    packet = xmp.to_xmp(MARK).encode()
    good = box(b"uuid", containers.XMP_UUID + packet)
    for bad, found in [
        (box(b"free", b"", size=8), True),
        (box(b"free", b"", size=7), False),
        (box(b"free", b"", size=2**31), False),
        (box(b"free", struct.pack(">Q", 16), size=1), True),
        (box(b"free", struct.pack(">Q", 2**63), size=1), False),
    ]:
        path.write_bytes(box(b"ftyp", b"isom") + bad + good)
        assert (marks.read(path) == MARK) is found, bad


def test_deep_nesting_is_survived():
    packet = xmp.to_xmp(MARK)
    deep = packet.replace("</rdf:RDF>", "<a>" * 20_000 + "</a>" * 20_000 + "</rdf:RDF>").encode()
    assert len(deep) < marks.MAX_PACKET_BYTES
    assert xmp.parse(deep) == MARK


def test_entities_and_bulk_are_refused(tmp_path):
    packet = xmp.to_xmp(MARK)
    bomb = '<!DOCTYPE x [<!ENTITY a "' + "b" * 100 + '">]>' + packet
    bulky = packet + " " * marks.MAX_PACKET_BYTES
    assert xmp.parse(bomb.encode()) is None
    assert xmp.parse(bulky.encode()) is None
    assert xmp.parse(packet.encode("utf-16")) is None
    assert xmp.parse(packet.replace('"a"', '""').encode()) is None
    for content in (bomb, bulky):
        path = tmp_path / "x.png"
        text = b"XML:com.adobe.xmp\0\0\0\0\0" + content.encode()
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"iTXt", text) + chunk(b"IEND", b""))
        assert marks.read(path) is None
