"""Each segment leaves one file, or says why it could not, whatever stops the work."""

import sys

import pytest

from jaxswap import config, errors, footage
from jaxswap.scale import running, segments


class _Lengths:
    """Writes how many frames a segment reads."""

    suffix = ".txt"

    def load(self):
        return self._write

    def _write(self, segment, path):
        path.write_text(str(sum(1 for _ in footage.FrameReader(segment.path, span=segment.read))))


def _cut(path, **values):
    return segments.cut(path, 0, scale=config.ScaleConfig(**values), settings=[])


@pytest.fixture
def cut(demo_clips):
    return _cut(demo_clips["a_test"], segment_s=0.7, context_s=0.3)


def test_what_is_done_is_not_done_again(demo_clips, tmp_path):
    (segment,) = _cut(demo_clips["a_test"])
    running.Worker(_Lengths(), tmp_path)(segment)
    written = running.result(tmp_path, segment, _Lengths())
    written.write_text("kept")
    running.Worker(_Lengths(), tmp_path)(segment)
    assert written.read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == [written.name]


def test_footage_that_breaks_leaves_its_reason_and_no_result(demo_clips, tmp_path):
    (segment,) = _cut(demo_clips["a_test"])
    gone = tmp_path / "gone.mp4"
    broken = segments.Segment(**{**vars(segment), "path": gone})
    running.Worker(_Lengths(), tmp_path)(broken)
    assert not running.done(tmp_path, broken, _Lengths())
    assert "There is no file" in running.reason(tmp_path, broken)


class _Broken(_Lengths):
    """Breaks off while it writes."""

    def _write(self, segment, path):
        path.write_text("half")
        raise errors.FootageError("The frame\nis torn.")


def test_a_result_that_breaks_off_leaves_one_line(cut, tmp_path):
    running.Worker(_Broken(), tmp_path)(cut[0])
    assert running.reason(tmp_path, cut[0]) == "The frame is torn."
    assert [path.name for path in tmp_path.iterdir()] == [f"{cut[0].key}.failed.json"]


def test_finished_segments_are_told_whoever_wrote_them(cut, tmp_path, heard, monkeypatch):
    monkeypatch.setattr(running, "_LOOK_S", 0.01)
    with running._told(cut, tmp_path, _Lengths(), heard):
        running.Worker(_Lengths(), tmp_path)(cut[0])
        for segment in cut[1:]:
            running.Worker(_Broken(), tmp_path)(segment)
    assert [told.done for told in heard.progresses] == list(range(len(cut) + 1))
    assert {(told.total, told.unit) for told in heard.progresses} == {(len(cut), "segments")}


def test_a_caller_who_wants_to_stop_keeps_what_is_finished(cut, tmp_path, heard, monkeypatch):
    monkeypatch.setattr(running, "_LOOK_S", 0.01)
    heard.stop_at = 2
    worker = running.Worker(_Lengths(), tmp_path)

    def work():
        with running._told(cut, tmp_path, _Lengths(), heard):
            worker(cut[0])
            while not (tmp_path / running._STOP).exists():
                pass
            worker(cut[1])

    with pytest.raises(errors.Stopped):
        work()
    assert [running.done(tmp_path, one, _Lengths()) for one in cut[:2]] == [True, False]


def test_without_beam_the_extra_is_named(cut, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(errors.MissingExtraError, match=r"jaxswap\[beam\]"):
        running.run(_Lengths(), cut, tmp_path / "segments", beam_options=())
    assert not (tmp_path / "segments").exists()


@pytest.mark.beam
@pytest.mark.filterwarnings("default")
def test_work_on_beam_goes_on_where_it_was_stopped(cut, tmp_path, heard, monkeypatch):
    pytest.importorskip("apache_beam", reason='the extra is not installed: pip install ".[beam]"')
    monkeypatch.setattr(running, "_LOOK_S", 0.01)
    heard.stop_at = 2
    with pytest.raises(errors.Stopped):
        running.run(_Lengths(), cut, tmp_path, beam_options=(), events=heard)
    finished = sum(running.done(tmp_path, one, _Lengths()) for one in cut)
    assert finished > 0
    heard.stop_at, heard.progresses = len(cut) + 1, []
    assert running.run(_Lengths(), cut, tmp_path, beam_options=(), events=heard) == {}
    assert all(running.done(tmp_path, one, _Lengths()) for one in cut)
    left = len(cut) - finished
    assert [progress.done for progress in heard.progresses] == list(range(left + 1))
