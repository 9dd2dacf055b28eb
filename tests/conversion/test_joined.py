"""Streams joined end to end: the timeline goes on, and the sound stays with the picture."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jaxswap import config, footage, spans
from jaxswap.conversion import outputs
from jaxswap.provenance import marks

MARK = marks.Mark(run_fingerprint="0123abcd", swaps=(marks.MarkedSwap(person="a", identity="b"),))
SYNC_S = 0.02


@pytest.fixture
def join(write_film, tmp_path) -> Callable[..., Path]:
    """Writes films that begin at times, each of them, and joins their bytes to one file."""

    def make(name: str, starts: list[float], **how: object) -> Path:
        parts = []
        for number, start_s in enumerate(starts):
            part = tmp_path / f"{number}-{name}"
            parts.append(write_film(part, start_s=start_s, **how).read_bytes())
        path = tmp_path / name
        path.write_bytes(b"".join(parts))
        return path

    return make


def through(source: Path, out: Path, *, part: spans.Span = spans.WHOLE, **how) -> tuple[str, ...]:
    """Every frame as it is; what the reader and the output noticed."""
    reader = footage.FrameReader(source, span=part)
    options = config.ConvertConfig(**how)
    output = outputs.make(reader.info, out, mark=MARK, options=options, span=part)
    with output:
        for frame in reader:
            output.write(output.keep(frame), None)
    reader.notices.add(*output.notices.lines)
    return reader.notices.lines


TWICE = [0.0, 0.0]
KINDS = {
    "ts": ("in.ts", TWICE, {}),
    "ts, a step back of one frame": ("in.ts", [0.0, 1.96], {}),
    "ts, another clock": ("in.ts", [0.0, 40000.0], {}),
    "ts, back to the first clock": ("in.ts", [40000.0, 0.0], {}),
    "ts, five parts": ("in.ts", [0.0, 0.0, 1.96, 40000.0, 0.0], {}),
    "ts, closed groups without B frames": ("in.ts", TWICE, {"encoder": {"bf": "0"}}),
    "mpg": ("in.mpg", TWICE, {"picture": "mpeg2video", "sound": "mp2"}),
    "mkv": ("in.mkv", TWICE, {}),
    "ts, HEVC": ("in.ts", TWICE, {"picture": "libx265", "encoder": {"x265-params": "log-level=0"}}),
}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(("name", "starts", "how"), KINDS.values(), ids=KINDS)
def test_later_parts_follow_the_earlier_ones(join, observe, tmp_path, name, starts, how, suffix):
    source = join(name, starts, **how)
    (said, *more) = through(source, tmp_path / f"out{suffix}")
    assert f"the times of {name}" in said
    assert "moved right behind what is before" in said
    assert all("lie over what is before" in line for line in more)
    seen = observe(tmp_path / f"out{suffix}")
    assert len(seen.times) == 50 * len(starts)
    assert seen.steps == pytest.approx([0.04] * (len(seen.times) - 1), abs=0.0011)
    assert len(seen.flashes) == len(seen.clicks) == 4 * len(starts)
    assert seen.apart == pytest.approx([0.0] * len(seen.clicks), abs=SYNC_S)


@pytest.mark.parametrize(("name", "starts", "how"), KINDS.values(), ids=KINDS)
def test_a_part_behind_a_join_is_found(join, observe, tmp_path, name, starts, how):
    source = join(name, starts, **how)
    whole = list(footage.FrameReader(source))
    part = spans.between("2.6", "3.4")
    assert not through(source, tmp_path / "out.mp4", part=part)
    times = [frame.time_s for frame in footage.FrameReader(source, span=part)]
    assert times == [frame.time_s for frame in whole[65:85]]
    seen = observe(tmp_path / "out.mp4")
    assert seen.times == pytest.approx([0.04 * index for index in range(20)], abs=1e-3)
    assert seen.flashes == pytest.approx([0.16, 0.68], abs=0.041)
    assert seen.apart == pytest.approx([0.0] * 2, abs=SYNC_S)
