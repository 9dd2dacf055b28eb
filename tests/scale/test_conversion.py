"""Videos converted in segments: those that one process would write, whatever is broken."""

import json

import av
import numpy as np
import pytest

from jaxswap import config, errors
from jaxswap.cli import main
from jaxswap.conversion import assignment, pipeline
from jaxswap.provenance import reading
from jaxswap.scale import conversion, failures

FACES = config.FacesConfig(detect_every=1)
OPTIONS = config.ConvertConfig(codec="ffv1")
SCALE = config.ScaleConfig(segment_s=0.5, context_s=1.0)
WORKERS = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")


@pytest.fixture
def job(run):
    return conversion.ConvertJob(
        run=run.path, from_identity="a", to_identity="b", options=OPTIONS, faces=FACES
    )


def frames(path):
    with av.open(str(path)) as container:
        return [(frame.pts, frame.to_ndarray()) for frame in container.decode(video=0)]


@pytest.mark.beam
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("beam_options", [(), WORKERS])
def test_segments_join_to_what_one_process_writes(run, job, write_clips, tmp_path, beam_options):
    pytest.importorskip("apache_beam", reason='the extra is not installed: pip install ".[beam]"')
    (clip, broken) = write_clips(tmp_path / "clips", count=2, frames=32)
    broken.write_bytes(broken.read_bytes()[:300])
    pipeline.convert(
        clip,
        run=run,
        swaps=[assignment.of_one(run, "a", "b")],
        out=tmp_path / "one.mkv",
        options=OPTIONS,
        faces=FACES,
    )
    out = tmp_path / "many"
    report = conversion.convert(
        [clip.parent / "*.mp4"], out, job=job, scale=SCALE, beam_options=beam_options
    )
    assert (report.videos, report.frames) == (1, 32)
    assert [failure.path for failure in report.failed] == [str(broken)]
    told = failures.place(out).read_text().splitlines()
    assert [json.loads(line)["path"] for line in told] == [str(broken)]
    one, many = frames(tmp_path / "one.mkv"), frames(out / f"{clip.stem}.mkv")
    assert [pts for pts, _ in many] == [pts for pts, _ in one]
    for (_, expected), (_, found) in zip(one, many, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert reading.read(out / f"{clip.stem}.mkv") == reading.read(tmp_path / "one.mkv")
    broken.unlink()
    again = conversion.convert([clip], out, job=job, scale=SCALE, beam_options=beam_options)
    assert (again.videos, again.failed) == (1, ())
    assert not (out / ".segments").exists()
    assert not failures.place(out).exists()


@pytest.mark.beam
@pytest.mark.filterwarnings("default")
def test_a_video_that_breaks_off_is_converted_and_told_of(job, write_clips, tmp_path):
    pytest.importorskip("apache_beam", reason='the extra is not installed: pip install ".[beam]"')
    (clip,) = write_clips(tmp_path / "clips", count=1, frames=60)
    torn = tmp_path / "torn.mkv"
    with av.open(str(clip)) as source, av.open(str(torn), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    report = conversion.convert([torn], tmp_path / "many", job=job, scale=config.ScaleConfig())
    assert report.videos == 1
    assert 10 < report.frames == len(frames(tmp_path / "many" / "torn.mkv")) < 50
    assert report.failed == ()
    (line,) = report.notices
    assert line.startswith(f"{torn}: ")
    assert "do not decode" in line
    assert not failures.place(tmp_path / "many").exists()


def test_two_videos_of_one_name_are_refused(job, write_clips, tmp_path):
    for folder in ("x", "y"):
        write_clips(tmp_path / folder, count=1, frames=2)
    with pytest.raises(errors.FootageError, match="the same name"):
        conversion.convert([tmp_path / "*" / "*.mp4"], tmp_path / "out", job=job, scale=SCALE)


def test_an_identity_that_the_run_has_not_is_refused_before_any_work(run, tmp_path, capsys):
    argv = ["convert-many", "x.mp4", "--run", run.path, "--from", "a", "--to", "c"]
    assert main.run([*map(str, argv), "--out", str(tmp_path / "out")]) == 1
    assert "'c'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
