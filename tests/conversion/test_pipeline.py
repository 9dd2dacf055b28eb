import shutil
import threading
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from jaxswap import config, errors, images, spans
from jaxswap.conversion import assignment, outputs, pipeline, stages, swapper
from jaxswap.provenance import marks, reading
from jaxswap.vision import people

FACES = config.FacesConfig(min_face_px=40, batch_size=4)
FACELESS = np.full((288, 384, 3), (90, 120, 150), np.uint8)


def convert(source, *, run, out, swaps=None, part=None, **options):
    return pipeline.convert(
        source,
        run=run,
        swaps=swaps or [assignment.of_one(run, "a", "b")],
        out=out,
        options=config.ConvertConfig(**{"batch_size": 4, "crf": 1, **options}),
        faces=FACES,
        **dict(part or {}),
    )


def difference(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.abs(before.astype(float) - after).mean(axis=-1)


@pytest.fixture
def two_people(cut_demo):
    """Frames with a on the left and b on the right; a's face is the smaller one."""
    frames = []
    for left, right in zip(cut_demo("a_test", 6), cut_demo("b_test", 6), strict=True):
        frame = np.empty_like(left)
        half = (192, 144)
        frame[:] = (90, 120, 150)
        frame[72:216, :192] = cv2.resize(left, half, interpolation=cv2.INTER_AREA)
        frame[:, 192:] = right[:, 96:288]
        frames.append(frame)
    return frames


def test_video_keeps_all_but_the_face(make_run, cut_demo, make_clip, read_streams, tmp_path):
    frames = [*cut_demo("a_test", 3), FACELESS, FACELESS, *cut_demo("a_test", 6)[3:]]
    pts = [700, 1100, 1101, 3000, 3600, 9000, 9600, 13001]
    source = make_clip(frames, pts=pts, audio=["aac", "aac"])
    report = convert(source, run=make_run(), out=tmp_path / "out.mp4")
    assert (report.frames, report.swapped, report.notices) == (8, 6, ())
    before, after = map(read_streams, (source, tmp_path / "out.mp4"))
    assert after.times == before.times
    assert after.packets == before.packets
    assert after.sizes == {(384, 288)}
    for index, (was, now) in enumerate(zip(before.images, after.images, strict=True)):
        changed = difference(was, now)
        if index in (3, 4):
            assert changed.mean() < 0.5
        else:
            assert changed[80:260, 120:260].mean() > 3  # the face
            assert changed[:, :90].mean() < 0.7
            assert changed[:, 290:].mean() < 0.7
            assert changed[:25].mean() < 0.7
    mark = reading.read(tmp_path / "out.mp4")
    assert mark.swaps == (marks.MarkedSwap(person="a", identity="b"),)
    assert len(mark.run_fingerprint) == 64
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


def test_a_part_beside_its_footage(make_run, cut_demo, make_clip, read_streams, tmp_path):
    source = make_clip(cut_demo("a_test", 10), audio=["aac"])
    out, beside = tmp_path / "out.mp4", tmp_path / "pair.mp4"
    span = spans.Span(Fraction(3, 25), Fraction(8, 25))
    report = convert(source, run=make_run(), out=out, part={"span": span, "beside": beside})
    assert (report.frames, report.swapped, report.notices) == (5, 5, ())
    assert "write side by side" in report.stage_s
    before, after, pair = map(read_streams, (source, out, beside))
    assert after.times == pair.times == [Fraction(index, 25) for index in range(5)]
    assert after.packets == pair.packets
    assert reading.read(beside) == reading.read(out) is not None
    for was, now, both in zip(before.images[3:8], after.images, pair.images, strict=True):
        assert difference(both[:, :384], was).mean() < 2
        assert difference(both[:, 384:], now).mean() < 2
        assert difference(was, now)[80:260, 120:260].mean() > 3
    outs = {path.name for path in tmp_path.iterdir()}
    assert outs == {"in.mp4", "out.mp4", "pair.mp4"}
    with pytest.raises(errors.NoFaceError):
        convert(
            make_clip([FACELESS] * 3, name="empty.mp4"),
            run=make_run(),
            out=tmp_path / "x.mp4",
            part={"beside": tmp_path / "y.mp4"},
        )
    assert {path.name for path in tmp_path.iterdir()} == {*outs, "empty.mp4"}


def test_a_video_of_many_bits_to_frames_and_back(make_run, cut_demo, make_clip, tmp_path):
    source = make_clip(cut_demo("a_test", 3), pix_fmt="yuv420p10le", tags=(9, 1, 9, 16))
    report = convert(source, run=make_run(), out=tmp_path / "out.mkv", codec="ffv1", crf="auto")
    assert report.swapped == 3
    with av.open(str(tmp_path / "out.mkv")) as after, av.open(str(source)) as before:
        for was, now in zip(before.decode(video=0), after.decode(video=0), strict=True):
            assert now.format.name == "yuv420p10le"
            assert (now.colorspace, now.color_trc) == (9, 16)
            changed = was.to_ndarray()[:288] != now.to_ndarray()[:288]
            assert changed[80:260, 120:260].mean() > 0.3
            assert not changed[:, :90].any()
            assert not changed[:25].any()
    convert(source, run=make_run(), out=tmp_path / "frames")
    frames = tmp_path / "frames"
    assert len(list(frames.iterdir())) == 3
    assert reading.read(frames / "000002.png").swaps[0].identity == "b"
    film = {"frame_rate": Fraction(25)}
    report = convert(frames, run=make_run(), out=tmp_path / "film.mp4", part=film)
    assert (report.frames, report.swapped) == (3, 3)


def test_odd_sizes_and_full_batches(make_run, cut_demo, make_clip, read_streams, tmp_path):
    frames = [frame[:287, :383] for frame in cut_demo("a_test", 7)]
    source = make_clip(frames, pix_fmt="yuv444p")
    report = convert(source, run=make_run(), out=tmp_path / "out.mkv", batch_size=3)
    assert (report.frames, report.swapped) == (7, 7)
    after = read_streams(tmp_path / "out.mkv")
    assert after.sizes == {(383, 287)}
    before = read_streams(source)
    for index in range(7):  # each frame got its own face, in order
        errors_to = [
            difference(before.images[other], after.images[index])[:, :90].mean()
            for other in range(7)
        ]
        assert errors_to[index] == min(errors_to)


@pytest.mark.parametrize(
    ("track", "left", "right"),
    [("main", False, True), (0, False, True), (1, True, False), ("all", True, True)],
)
def test_only_the_wanted_person_changes(
    make_run, make_clip, two_people, read_streams, tmp_path, track, left, right
):
    source = make_clip(two_people)
    report = convert(source, run=make_run(), out=tmp_path / "out.mp4", track=track)
    assert report.swapped == 6
    before, after = map(read_streams, (source, tmp_path / "out.mp4"))
    for was, now in zip(before.images, after.images, strict=True):
        changed = difference(was, now)
        assert bool(changed[110:200, 60:130].mean() > 2.5) == left
        assert bool(changed[80:260, 220:360].mean() > 2.5) == right


def test_a_person_who_is_not_there(make_run, make_clip, two_people, tmp_path):
    source = make_clip(two_people)
    with pytest.raises(
        errors.NoFaceError, match=r"in\.mp4 has no track 2\. See .* jaxswap faces .*in\.mp4"
    ):
        convert(source, run=make_run(), out=tmp_path / "out.mp4", track=2)


def test_footage_without_a_face_gives_no_output(make_run, make_clip, tmp_path):
    source = make_clip([FACELESS] * 3)
    images.write_png(tmp_path / "in.png", FACELESS)
    (tmp_path / "out.mp4").write_bytes(b"old")
    for name in ("in.mp4", "in.png"):
        out = tmp_path / f"out.{name[3:]}"
        with pytest.raises(errors.NoFaceError, match=r"No face in .*in\..*--faces.min-score"):
            convert(tmp_path / name, run=make_run(), out=out)
    assert (tmp_path / "out.mp4").read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4", "in.png", "out.mp4"}
    assert source.exists()


def test_truncated_video_is_converted_as_far_as_it_goes(
    make_run, demo_clips, read_streams, tmp_path
):
    data = demo_clips["a_test"].read_bytes()
    source, out = tmp_path / "in.mkv", tmp_path / "out.mp4"
    with av.open(str(demo_clips["a_test"])) as whole, av.open(str(source), "w") as copy:
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in whole.streams}
        for packet in whole.demux():
            if packet.dts is not None and packet.dts * packet.time_base < 2:
                packet.stream = streams[packet.stream.index]
                copy.mux(packet)
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 6])
    report = convert(source, run=make_run(), out=out)
    assert 0 < report.frames < 50
    assert report.swapped == report.frames
    assert "do not decode" in report.notices[0]
    assert len(read_streams(out).times) == report.frames


def test_image_in_image_out(make_run, astronaut_u8, tmp_path):
    source = tmp_path / "in.png"
    images.write_png(source, astronaut_u8)
    for name in ("out.png", "out.jpg", "out.webp"):
        report = convert(source, run=make_run(), out=tmp_path / name)
        assert (report.frames, report.swapped) == (1, 1)
        assert reading.read(tmp_path / name).swaps[0].identity == "b"
    changed = difference(astronaut_u8, images.read_u8(tmp_path / "out.png"))
    assert changed[80:160, 190:260].mean() > 3
    assert not changed[250:].any()
    with pytest.raises(errors.OutputError, match=r"\.png"):
        convert(source, run=make_run(), out=tmp_path / "out.mp4")
    with pytest.raises(errors.OutputError, match="footage itself"):
        convert(source, run=make_run(), out=source)


def test_folder_of_images_gives_a_folder(make_run, cut_demo, tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    first, second = cut_demo("a_test", 2)
    cv2.imwrite(str(source / "face2.bmp"), first[..., ::-1])
    images.write_png(source / "face10.png", second)
    images.write_png(source / "none.png", FACELESS)
    (source / "broken.png").write_bytes(b"no picture")
    report = convert(source, run=make_run(), out=out)
    assert (report.frames, report.swapped) == (3, 2)
    assert "broken.png" in report.notices[0]
    names = sorted(path.name for path in out.iterdir())
    assert names == ["face10.png", "face2.bmp.png", "none.png"]
    assert (out / "none.png").read_bytes() == (source / "none.png").read_bytes()
    assert reading.read(out / "face10.png").swaps[0].person == "a"
    for name, image_u8 in (("face2.bmp.png", first), ("face10.png", second)):
        assert not difference(image_u8, images.read_u8(out / name))[:, :90].any()
    with pytest.raises(errors.OutputError, match="exists already"):
        convert(source, run=make_run(), out=out)
    assert sorted(path.name for path in out.iterdir()) == names


def test_pictures_of_a_folder_change_as_each_would_alone(make_run, two_people, cut_demo, tmp_path):
    """Their numbers and colours tell nothing of each other's."""
    source = tmp_path / "in"
    source.mkdir()
    alike = cut_demo("a_test", 40)  # one person in one light, whose colours would be pooled
    pictures = {"1.png": two_people[0], "2.png": alike[0], "3.png": alike[-1]}
    for name, image_u8 in pictures.items():
        images.write_png(source / name, image_u8)
    for track, changed in ((0, list(pictures)), (1, ["1.png"])):
        out = tmp_path / f"out {track}"
        options = {"track": track, "color_smoothing_s": 5.0}
        report = convert(source, run=make_run(), out=out, **options)
        assert report.swapped == len(changed)
        for name in changed:
            alone = tmp_path / f"{track} {name}"
            convert(source / name, run=make_run(), out=alone, **options)
            np.testing.assert_array_equal(images.read_u8(out / name), images.read_u8(alone))


def test_video_on_its_side_comes_out_upright(make_run, cut_demo, read_streams, tmp_path):
    frames = cut_demo("a_test", 3)
    source = tmp_path / "in.mp4"
    with av.open(str(source), "w") as output:
        video = output.add_stream("libx264", rate=25, options={"crf": "1"})
        video.width, video.height, video.pix_fmt = 288, 384, "yuv420p"
        video.set_display_rotation(90)
        for frame in frames:
            lying = np.ascontiguousarray(np.rot90(frame, -1))
            output.mux(video.encode(av.VideoFrame.from_ndarray(lying, format="rgb24")))
        output.mux(video.encode(None))
    report = convert(source, run=make_run(), out=tmp_path / "out.mp4")
    assert (report.frames, report.swapped) == (3, 3)
    after = read_streams(tmp_path / "out.mp4")
    assert after.sizes == {(384, 288)}
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert next(container.decode(video=0)).rotation == 0
    assert difference(frames[1], after.images[1])[:, :90].mean() < 3


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ({"mask": None}, {"mask": "learned"}),
        ({"mask": config.MaskHead(features=(8, 8), own_encoder=True)}, {"color": "none"}),
        ({}, {"mask": "oval", "blend": "poisson"}),
        ({}, {"blend": "paste", "sharpen": "none"}),
        ({}, {"blend": "multiband"}),
        ({}, {"mask": "oval", "blend": "poisson", "poisson_solver": "opencv"}),
    ],
)
def test_models_and_options(make_run, cut_demo, tmp_path, model, options):
    source = tmp_path / "in.png"
    frame = cut_demo("a_test", 1)[0]
    images.write_png(source, frame)
    report = convert(source, run=make_run(**model), out=tmp_path / "out.png", **options)
    assert report.swapped == 1
    changed = difference(frame, images.read_u8(tmp_path / "out.png"))
    assert changed[80:260, 120:260].mean() > 2
    assert not changed[:, :90].any()


def test_an_error_in_a_stage_stops_all_and_leaves_the_old_output(
    make_run, cut_demo, make_clip, tmp_path, monkeypatch
):
    source = make_clip(cut_demo("a_test", 8), audio=["aac"])
    out = tmp_path / "out.mp4"
    out.write_bytes(b"old")

    def fail(self, views_u8, *, identity, masks_u8=None):
        raise RuntimeError("out of memory")

    before = threading.active_count()
    with monkeypatch.context() as patch:
        patch.setattr(swapper.Swapper, "swap", fail)
        with pytest.raises(RuntimeError, match="out of memory"):
            convert(source, run=make_run(), out=out)

    def interrupted(self, original, painted):
        raise KeyboardInterrupt

    monkeypatch.setattr(outputs.VideoOutput, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        convert(source, run=make_run(), out=out)
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]
    assert threading.active_count() <= before


def test_unknown_identity_and_missing_footage(make_run, demo_clips, tmp_path):
    for names in (("a", "c"), ("c", "a")):
        with pytest.raises(errors.RunError, match="it has a, b"):
            assignment.of_one(make_run(), *names)
    unknown = [assignment.Swap(person=people.Person(name="a"), identity="c")]
    with pytest.raises(errors.RunError, match="it has a, b"):
        convert(demo_clips["a_test"], run=make_run(), out=tmp_path / "x.mp4", swaps=unknown)
    with pytest.raises(errors.FootageError):
        convert(tmp_path / "nothing.mp4", run=make_run(), out=tmp_path / "x.mp4")
    with pytest.raises(errors.OutputError, match="must end in one of"):
        convert(demo_clips["a_test"], run=make_run(), out=tmp_path / "x.gif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("blend", ["feather", "poisson"])
def test_same_bytes_whatever_the_number_of_workers(
    make_run, cut_demo, make_clip, tmp_path, monkeypatch, blend
):
    source = make_clip(cut_demo("a_test", 9))
    outs = [tmp_path / f"{num}.mp4" for num in (1, 3)]
    for out in outs:
        monkeypatch.setattr(stages, "cores", lambda num=int(out.stem): num)
        convert(source, run=make_run(), out=out, blend=blend, mask="oval")
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_the_report_accounts_for_every_stage(make_run, cut_demo, make_clip, tmp_path):
    source = make_clip(cut_demo("a_test", 4))
    report = convert(source, run=make_run(), out=tmp_path / "out.mp4")
    names = ["read", "find faces", "cut faces", "swap", "sample colours", "paint", "write"]
    assert list(report.stage_s) == names
    assert all(seconds > 0 for seconds in report.stage_s.values())
    assert 0 < report.start_s < report.seconds
    assert report.stage_s[report.slowest] == max(report.stage_s.values())
    assert report.frames * sum(report.stage_s.values()) < len(report.stage_s) * report.seconds


def test_same_conversion_twice_gives_the_same_bytes(make_run, cut_demo, make_clip, tmp_path):
    source = make_clip(cut_demo("a_test", 4))
    outs = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    for out in outs:
        convert(source, run=make_run(), out=out)
    assert outs[0].read_bytes() == outs[1].read_bytes()
    shutil.copy(outs[0], tmp_path / "again.mp4")
    assert reading.read(tmp_path / "again.mp4") is not None
