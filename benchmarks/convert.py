"""Where the time of `convert` goes: every stage alone, the whole command, and memory by length.

Each stage is measured alone, with what it needs made before, as the line runs it. Two things bound
the whole: the slowest stage, and the cores over the CPU time of all stages. The clip is the
embedded footage at 1280x720 with a camera's grain, repeated; the models have the layers of their
presets and have not learned anything, which changes nothing of the work.

    python -m benchmarks convert [--presets quick original-2017] [--seconds 40] [--growth]
"""

import argparse
import dataclasses
import itertools
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measuring, workers
from jaxswap import config, files, footage

WIDTH, HEIGHT, RATE = 1280, 720, 25
GRAIN = 1.5
"""Standard deviation of the clip's grain: without it x264 has next to nothing to do."""
ALONE_FRAMES = 96
"""Frames that each stage alone works on: a multiple of both batch sizes."""
GROWTH_S = (10, 60, 300)


def make_clip(path: Path, *, seconds: float) -> None:
    """The embedded clip a_test in 720 lines, to and fro."""
    import av

    source = Path(str(resources.files("jaxswap.demo") / "assets" / "a_test.mp4"))
    rng = np.random.default_rng(0)
    frames = []
    for frame in itertools.islice(footage.FrameReader(source), 75):
        image = frame.video_frame.reformat(width=960, height=HEIGHT).to_ndarray(format="rgb24")
        side = (WIDTH - 960) // 2
        image = np.pad(image, ((0, 0), (side, side), (0, 0)), mode="edge")
        grain = rng.normal(0, GRAIN, (HEIGHT, WIDTH, 1))
        noisy = np.clip(np.rint(image + grain), 0, 255).astype(np.uint8)
        frames.append(av.VideoFrame.from_ndarray(noisy, format="rgb24").reformat(format="yuv420p"))
    there_and_back = frames + frames[-2:0:-1]
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=RATE, options={"crf": "18", "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(round(RATE * seconds)):
            frame = there_and_back[index % len(there_and_back)]
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            output.mux(video.encode(frame))
        output.mux(video.encode(None))


def make_run(path: Path, *, preset: str) -> None:
    """A run folder with one checkpoint of freshly drawn parameters."""
    from jaxswap import checkpoints, presets, runs
    from jaxswap.training import state

    identities = ("a", "b")
    run = runs.Run(
        path=path,
        config=presets.PRESETS[preset],
        identities=identities,
        manifest={"identities": [{"name": name} for name in identities]},
    )
    path.mkdir()
    run.write()
    untrained = state.create(run.config, num_identities=2)
    with checkpoints.Store(run.checkpoints_dir, keep=1) as store:
        store.save(1, untrained, position={}, manifest={})


def conversion(clip: str, run: str, out: str) -> Callable[[], None]:
    """The whole command, for a worker; its report lies beside the output."""
    from jaxswap import runs
    from jaxswap.conversion import assignment, pipeline

    def work() -> None:
        opened = runs.Run.open(Path(run))
        report = pipeline.convert(
            Path(clip),
            run=opened,
            swaps=[assignment.of_one(opened, "a", "b")],
            out=Path(out),
            options=config.ConvertConfig(),
            faces=config.FacesConfig(),
        )
        files.write_json(Path(out).with_suffix(".json"), dataclasses.asdict(report))

    return work


class Alone:
    """The stages, each with its input made before."""

    def __init__(self, clip: Path, run: Path, out: Path) -> None:
        """Run the line once, stage by stage, and keep what is between them."""
        from jaxswap import runs
        from jaxswap.conversion import assignment, outputs, pipeline, stages, swapper
        from jaxswap.provenance import marks

        opened = runs.Run.open(run)
        params, _ = opened.load_params()
        options = config.ConvertConfig()
        self._model = swapper.Swapper(
            params, opened.config.model, identities=[1], batch_size=options.batch_size
        )
        self._model.warm_up()
        self._reader = footage.FrameReader(clip)
        self._work = pipeline.Work(
            reader=self._reader,
            run=opened.config,
            options=options,
            faces=config.FacesConfig(),
            swaps=[assignment.of_one(opened, "a", "b")],
            decoders=[1],
        )
        mark = marks.Mark(
            run_fingerprint="0" * 64, swaps=(marks.MarkedSwap(person="a", identity="b"),)
        )
        self._make_output = lambda: outputs.make(self._reader.info, out, mark=mark, options=options)
        self._line = stages.Line
        self._workers = pipeline.workers()
        self.frames = list(self._read())
        self.found = list(self._work.find(self.frames))
        with self._make_output() as self._output:
            self.seen = [self._work.cut(item, self._output) for item in self.found]
            self.swapped = list(self._work.swap(self.seen, self._model))
            self.painted = [self._work.paint(item, self._output) for item in self.swapped]

    def works(self) -> dict[str, Callable[[], None]]:
        """By the names of the stages."""
        return {
            "read": lambda: _drain(self._read()),
            "find faces": lambda: _drain(self._work.find(self.frames)),
            "cut faces": lambda: self._pooled(self._work.cut, self.found),
            "swap": lambda: _drain(self._work.swap(self.seen, self._model)),
            "paint": lambda: self._pooled(self._work.paint, self.swapped),
            "write": self._write,
        }

    def _read(self) -> Iterator[footage.Frame]:
        return itertools.islice(self._reader, ALONE_FRAMES)

    def _pooled(self, function: Callable, items: Sequence) -> None:
        with self._line() as line:
            _drain(
                line.mapped(
                    "alone",
                    lambda item: function(item, self._output),
                    items,
                    workers=self._workers,
                    bound=2 * self._workers,
                )
            )

    def _write(self) -> None:
        with self._make_output() as output:
            _drain(self._work.write(self.painted, output))


def _drain(items: Any) -> None:
    for _ in items:
        pass


def alone_rows(samples: Mapping[str, Sequence[measuring.Sample]]) -> list[dict[str, Any]]:
    """A line of the waterfall for each stage."""
    rows, total = [], 0.0
    for name, taken in samples.items():
        wall = 1000 * measuring.spread([sample.wall_s for sample in taken]).median / ALONE_FRAMES
        cpu = 1000 * measuring.spread([sample.cpu_s for sample in taken]).median / ALONE_FRAMES
        total += cpu
        rows.append(
            {
                "stage": name,
                "CPU ms": cpu,
                "CPU ms so far": total,
                "wall ms alone": wall,
                "frames/s alone": 1000 / wall,
            }
        )
    return rows


def verdict(
    rows: Sequence[Mapping[str, Any]], reports: Sequence[Mapping[str, Any]], *, cores: int
) -> dict[str, Any]:
    """The bounds, which of them binds, and how near the whole command comes to it."""
    slowest = min(rows, key=lambda row: row["frames/s alone"])
    bounds = {
        slowest["stage"]: slowest["frames/s alone"],
        "all cores": 1000 * cores / rows[-1]["CPU ms so far"],
    }
    binds = min(bounds, key=bounds.__getitem__)
    steady = measuring.spread(
        [(report["frames"] - 1) / (report["seconds"] - report["start_s"]) for report in reports]
    )
    whole = measuring.spread([report["frames"] / report["seconds"] for report in reports])
    return {
        "bounds_frames_per_s": bounds,
        "bottleneck": binds,
        "most_cpu": max(rows, key=lambda row: row["CPU ms"])["stage"],
        "whole_frames_per_s": whole,
        "start_s": measuring.spread([report["start_s"] for report in reports]),
        "steady_frames_per_s": steady,
        "share_of_bound": steady.median / bounds[binds],
        "slowest_in_the_line": reports[-1]["slowest"],
    }


def growth(folder: Path, run: Path) -> list[dict[str, Any]]:
    """Peak memory at several lengths, each in a process of its own."""
    rows = []
    for seconds in GROWTH_S:
        clip, out = folder / f"{seconds}.mp4", folder / f"{seconds}-out.mp4"
        make_clip(clip, seconds=seconds)
        with workers.Worker(
            "benchmarks.convert:conversion", clip=str(clip), run=str(run), out=str(out)
        ) as worker:
            report = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
            rows.append({"clip s": seconds, "frames": report["frames"], "MiB": worker.peak_mib})
        clip.unlink()
        out.unlink()
    return rows


def plot(path: Path, waterfalls: Mapping[str, Sequence[Mapping[str, Any]]], found: Mapping) -> None:
    """CPU time by stage, one after the other, and the rate of each stage alone."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot, ticker

    figure, axes = pyplot.subplots(
        len(waterfalls), 2, figsize=(11, 3.2 * len(waterfalls)), squeeze=False
    )
    for (preset, rows), (left, right) in zip(waterfalls.items(), axes, strict=True):
        names = [row["stage"] for row in rows]
        before = [row["CPU ms so far"] - row["CPU ms"] for row in rows]
        bars = left.barh(names, [row["CPU ms"] for row in rows], left=before)
        left.bar_label(bars, fmt="%.1f", padding=3)
        left.set_title(f"{preset}: CPU ms per frame")
        bars = right.barh(names, [row["frames/s alone"] for row in rows], color="tab:gray")
        right.bar_label(bars, fmt="%.0f", padding=3)
        right.set_xscale("log")
        right.xaxis.set_minor_formatter(ticker.NullFormatter())
        verdict_ = found[preset]
        right.axvline(verdict_["steady_frames_per_s"].median, color="tab:red", label="whole line")
        right.axvline(
            verdict_["bounds_frames_per_s"]["all cores"], color="tab:blue", ls="--", label="cores"
        )
        right.set_title(f"frames/s alone; bottleneck: {verdict_['bottleneck']}")
        right.legend(loc="lower right")
        for ax in (left, right):
            ax.invert_yaxis()
            ax.margins(x=0.15)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    print(f"Plotted to {path}")


def whole(
    folder: Path, presets: Sequence[str], *, seconds: float, rounds: int
) -> dict[str, list[dict[str, Any]]]:
    """Reports of the whole command, the presets in turn, each in a process that stays."""
    clip = folder / "clip.mp4"
    make_clip(clip, seconds=seconds)
    reports: dict[str, list[dict[str, Any]]] = {preset: [] for preset in presets}
    kept = {}
    try:
        for preset in presets:
            settings = {
                "clip": str(clip),
                "run": str(folder / preset),
                "out": str(folder / f"{preset}-out.mp4"),
            }
            kept[preset] = workers.Worker("benchmarks.convert:conversion", **settings)
        for _ in range(rounds):
            for preset, worker in kept.items():
                taken = worker.run()
                text = (folder / f"{preset}-out.json").read_text(encoding="utf-8")
                report = json.loads(text)
                slowest = max(report["stage_s"], key=report["stage_s"].__getitem__)
                cpu_ms = 1000 * taken.cpu_s / report["frames"]
                reports[preset].append({**report, "slowest": slowest, "cpu_ms": cpu_ms})
    finally:
        for worker in kept.values():
            worker.close()
    return reports


def main(argv: Sequence[str]) -> None:
    """Print tables, write JSON and a plot."""
    parser = measuring.parser(__doc__, "convert")
    parser.set_defaults(rounds=3)
    parser.add_argument("--presets", nargs="+", default=["quick", "original-2017"])
    parser.add_argument("--seconds", type=float, default=40.0, help="length of the clip")
    parser.add_argument(
        "--growth", action="store_true", help=f"also peak memory at {GROWTH_S} s of clip"
    )
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), options)


def _measure(folder: Path, options: argparse.Namespace) -> None:
    from jaxswap.conversion import stages

    for preset in options.presets:
        make_run(folder / preset, preset=preset)
    reports = whole(folder, options.presets, seconds=options.seconds, rounds=options.rounds)
    waterfalls, found = {}, {}
    for preset in options.presets:
        alone = Alone(folder / "clip.mp4", folder / preset, folder / "alone.mp4")
        samples = measuring.interleaved(alone.works(), rounds=options.rounds)
        waterfalls[preset] = alone_rows(samples)
        found[preset] = verdict(waterfalls[preset], reports[preset], cores=stages.cores())
        print(f"\n{preset}, {WIDTH}x{HEIGHT}, one face")
        measuring.show(waterfalls[preset])
        for name, value in found[preset].items():
            print(f"  {name}: {value}")
    grown = growth(folder, folder / options.presets[0]) if options.growth else []
    measuring.show(grown)
    slope = None
    if grown:
        (first, last) = grown[-2:]
        slope = 60 * (last["MiB"] - first["MiB"]) / (last["clip s"] - first["clip s"])
        print(f"MiB per minute of footage, from {first['clip s']} s on: {slope:.2f} (expected: 0)")
    plot(options.out.with_suffix(".png"), waterfalls, found)
    measuring.write(
        options.out,
        options=options,
        alone=waterfalls,
        whole=reports,
        verdict=found,
        growth=grown,
        growth_mib_per_min=slope,
    )
