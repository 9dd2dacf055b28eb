"""The functions of the library: reports, events, and what they refuse."""

import dataclasses
import json
import shutil

import pytest

import jaxswap
from jaxswap import config
from jaxswap.events import Events, Progress


class Recorder(Events):
    """Keeps what it hears, and stops once a task has come so far."""

    def __init__(self, *, stop_at: tuple[str, int] = ("", 0)):
        self.heard: list[Progress] = []
        self.pictures: list[str] = []
        self._task, self._done = stop_at

    def progress(self, progress):
        self.heard.append(progress)

    def picture(self, name, picture_u8):
        self.pictures.append(name)

    def should_stop(self):
        last = self.heard[-1]
        return bool(self._task) and last.task.startswith(self._task) and last.done >= self._done


DATA = config.DataConfig(chip_size=32)


def test_build_reports_the_chips_and_is_repeatable(facesets, tmp_path):
    events = Recorder()
    report = jaxswap.build(facesets, tmp_path / "data", data=DATA, events=events)
    total = sum(sum(splits.values()) for splits in report.chips.values())
    assert (report.path, report.notices) == (str(tmp_path / "data"), ())
    assert events.heard[-1] == Progress(
        task="Building the dataset", done=total, total=total, unit="chips"
    )
    assert jaxswap.build(facesets, tmp_path / "data", data=DATA) == report
    json.dumps(dataclasses.asdict(report))


def test_a_training_tells_at_once_and_in_its_report_that_facesets_changed(
    facesets, run_copy, tmp_path
):
    changed = {name: shutil.copytree(path, tmp_path / name) for name, path in facesets.items()}
    next((changed["a"] / "chips").iterdir()).unlink()
    told = []
    events = Recorder()
    events.message = told.append
    run = jaxswap.open_run(run_copy)
    report = jaxswap.train(changed, run_copy, config=run.config, events=events)
    (line,) = report.notices
    assert "keeps its own chips of a" in line
    assert f"{line}." in told


def test_build_that_is_stopped_leaves_nothing(facesets, tmp_path):
    with pytest.raises(jaxswap.Stopped):
        jaxswap.build(
            facesets, tmp_path / "data", data=DATA, events=Recorder(stop_at=("Building", 3))
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("job", ["extract", "faces", "convert", "evaluate"])
def test_a_job_that_is_stopped_leaves_nothing(job, clip, trained, tmp_path):
    out, swap = tmp_path / "out", ("a", "b")
    events = Recorder(stop_at=("Measuring" if job == "evaluate" else "", 2))
    if job != "evaluate":
        events.should_stop = lambda: events.heard[-1].done >= 2
    jobs = {
        "extract": lambda: jaxswap.extract(clip, out, events=events),
        "faces": lambda: jaxswap.faces(clip, out, events=events),
        "convert": lambda: jaxswap.convert(
            clip, out.with_suffix(".mp4"), run=trained, swap=swap, events=events
        ),
        "evaluate": lambda: jaxswap.evaluate(
            {"same": clip}, out, footage=clip, swap=swap, events=events
        ),
    }
    with pytest.raises(jaxswap.Stopped):
        jobs[job]()
    assert list(tmp_path.iterdir()) == []


def test_preview_hands_its_picture_on(trained, tmp_path):
    events = Recorder()
    report = jaxswap.preview(trained, tmp_path / "p.png", events=events)
    assert (report.path, report.step) == (str(tmp_path / "p.png"), 4)
    assert events.pictures == ["preview"]
    assert jaxswap.info(report.path)["kind"] == "image"


def test_faces_reports_the_tracks(clip, tmp_path):
    report = jaxswap.faces(clip, tmp_path / "who")
    (track,) = report.tracks
    assert (track.number, track.frames, track.image) == (0, 12, None)
    assert (tmp_path / "who" / track.picture).is_file()


def test_evaluate_measures_a_run_on_its_chips(trained, tmp_path):
    report = jaxswap.evaluate({"ours": trained}, tmp_path / "report")
    assert report.candidates == ("ours",)
    assert report.path == str(tmp_path / "report" / "report.html")
    assert {figure.key.split("/")[0] for figure in report.figures} == {"reconstruction"}


@pytest.mark.parametrize(
    ("candidates", "options", "error", "said"),
    [
        ({}, {}, ValueError, "one or more"),
        ({"../x": "v.mp4"}, {}, ValueError, "letters, digits"),
        ({"footage": "v.mp4"}, {}, ValueError, "another name"),
        ({"x": "v.mp4"}, {"swap": ("a", "b")}, ValueError, "give both"),
        ({"x": "v.mp4"}, {"identities": {"c": "f"}}, ValueError, "not in `swap`"),
        ({"x": "v.mp4"}, {}, jaxswap.RunError, "v.mp4 is no run folder"),
    ],
)
def test_evaluate_refuses_what_does_not_go_together(candidates, options, error, said, tmp_path):
    with pytest.raises(error, match=said):
        jaxswap.evaluate(candidates, tmp_path / "report", **options)
    assert not (tmp_path / "report").exists()


def test_train_refuses_one_identity_and_unknown_presets(facesets, tmp_path):
    with pytest.raises(ValueError, match="two or more, not 1"):
        jaxswap.train({"a": facesets["a"]}, tmp_path / "run")
    with pytest.raises(ValueError, match="Did you mean 'quick'"):
        jaxswap.train(facesets, tmp_path / "run", config="quik")
    assert not (tmp_path / "run").exists()


def test_train_that_is_stopped_goes_on(facesets, trained, tmp_path):
    tiny = jaxswap.open_run(trained).config
    first = jaxswap.train(
        facesets, tmp_path / "run", config=tiny, events=Recorder(stop_at=("Training", 1))
    )
    assert (first.step, first.steps, first.stopped) == (1, 4, True)
    second = jaxswap.train(facesets, tmp_path / "run", config=tiny)
    assert (second.step, second.stopped) == (4, False)
    assert jaxswap.open_run(tmp_path / "run").digest == jaxswap.open_run(trained).digest


@pytest.mark.parametrize("function", [jaxswap.extract_many, jaxswap.convert_many])
def test_work_at_scale_reads_files(function, tmp_path):
    many = function is jaxswap.convert_many
    footage = ["s3://bucket/*.mp4"] if many else {"a": "s3://bucket/*.mp4"}
    options = {"run": tmp_path, "swap": ("a", "b")} if many else {}
    with pytest.raises(jaxswap.PlaceError, match="mount the bucket"):
        function(footage, tmp_path / "out", **options)


def test_info_of_a_configuration_counts_its_parameters():
    found = jaxswap.info(jaxswap.presets.QUICK)
    assert (found["preset"], found["parameters"]["total"]) == ("quick", 4_465_688)
