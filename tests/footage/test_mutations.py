"""Damaged files: one line whatever the libraries say, in bounded time and memory."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import av
import pytest
from PIL import Image

PROGRAM = Path(__file__).with_name("mutations.py")
MOST_S = 30.0  # of one input; the slowest took 3 s on two cores that others used as well
MOST_MIB = 1_500.0
PER_PROCESS = 100


@pytest.fixture(scope="module")
def whole(demo_clips, tmp_path_factory) -> Path:
    """The demo's first moments in several containers and codecs, and a picture in each format."""
    folder = tmp_path_factory.mktemp("whole")
    for name in ("a.mp4", "a.mkv", "a.mov", "a.ts", "a.flv"):
        _remuxed(demo_clips["a_test"], folder / name)
    pictures = _pictures(demo_clips["b_test"])
    _encoded(pictures, folder / "b.avi", "mpeg4")
    _encoded(pictures, folder / "b.mkv", "ffv1")
    _encoded(pictures, folder / "b.webm", "libvpx-vp9")
    small = pictures[0].resize((120, 96))
    for name in ("c.png", "c.jpg", "c.webp", "c.tif", "c.bmp"):
        small.save(folder / name)
    for name in ("d.gif", "d.webp", "d.png"):
        rest = [picture.resize((120, 96)) for picture in pictures[1:4]]
        small.save(folder / name, save_all=True, append_images=rest, duration=40)
    return folder


def _remuxed(source: Path, target: Path) -> None:
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        ways = {each.index: written.add_stream_from_template(each) for each in read.streams}
        for packet in read.demux():
            if packet.dts is not None and packet.dts * packet.time_base < 0.4:
                packet.stream = ways[packet.stream.index]
                written.mux(packet)


def _pictures(source: Path) -> list[Image.Image]:
    with av.open(str(source)) as read:
        return [frame.to_image() for frame in itertools.islice(read.decode(video=0), 6)]


def _encoded(pictures: list[Image.Image], target: Path, codec: str) -> None:
    with av.open(str(target), "w") as written:
        stream = written.add_stream(codec, rate=25)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            written.mux(stream.encode(av.VideoFrame.from_image(picture)))
        written.mux(stream.encode(None))


def outcomes(folder: Path, first: int, after: int) -> list[dict]:
    """What became of the inputs of these numbers; a process that ends early is an outcome, too."""
    done = subprocess.run(
        [sys.executable, PROGRAM, folder, str(first), str(after)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=(after - first) * MOST_S,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (done.returncode, lines[-1:])
    return [line for line in lines if "number" in line]


def check(found: list[dict]) -> None:
    foreign = [
        (line["number"], line["file"], error)
        for line in found
        for error in line["raised"].values()
        if not error.startswith("JaxswapError: ") or "\n" in error.strip()
    ]
    assert foreign == []
    assert [line for line in found if line["seconds"] > MOST_S] == []
    assert max(line["most_mib"] for line in found) < MOST_MIB
    assert [line for line in found if line["left"]] == []


def test_damaged_files_are_one_line(whole):
    found = outcomes(whole, 0, 40)
    check(found)
    refused = sum("convert" in line["raised"] for line in found)
    assert 0 < refused < len(found)  # else the damage is too light, or too heavy, to say anything


@pytest.mark.mutations
@pytest.mark.parametrize("first", range(0, 1000, PER_PROCESS))
def test_a_thousand_damaged_files_are_one_line_each(whole, first):
    check(outcomes(whole, first, first + PER_PROCESS))
