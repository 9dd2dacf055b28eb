"""Frames per second and peak memory of `convert`, at two lengths of one clip.

The clip is the embedded footage, scaled up and repeated. The model has the layers of a preset and
has not learned anything, which changes nothing of the work. Each length runs in a process of its
own, since peak memory is counted over the life of a process.

    python benchmarks/convert.py [--width 1280] [--height 720] [--seconds 20 120] [--out FILE.json]
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any


def make_clip(path: Path, *, width: int, height: int, seconds: float) -> None:
    """The embedded clip a_test at another size, its frames repeated to and fro."""
    import av

    source = Path(str(resources.files("jaxswap.demo") / "assets" / "a_test.mp4"))
    with av.open(str(source)) as container:
        frames = [frame.reformat(width=width, height=height) for frame in container.decode(video=0)]
    there_and_back = frames + frames[-2:0:-1]
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25, options={"crf": "20", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        for index in range(round(25 * seconds)):
            frame = there_and_back[index % len(there_and_back)]
            frame.pts, frame.time_base = index, Fraction(1, 25)
            frame.pict_type = 0
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


def measure(clip: Path, run: Path, out: Path) -> dict[str, Any]:
    """Convert one clip in this process."""
    from jaxswap import config, runs
    from jaxswap.conversion import pipeline

    before = os.times()
    report = pipeline.convert(
        clip,
        run=runs.Run.open(run),
        from_identity="a",
        to_identity="b",
        out=out,
        options=config.ConvertConfig(),
        faces=config.FacesConfig(),
    )
    after = os.times()
    cpu_s = after.user + after.system - before.user - before.system
    return {
        "frames": report.frames,
        "swapped": report.swapped,
        "seconds": report.seconds,
        "frames_per_s": report.frames / report.seconds,
        "cpu_ms_per_frame": 1000 * cpu_s / report.frames,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--seconds", type=float, nargs="+", default=[20, 120])
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", type=Path, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        make_run(run, preset=options.preset)
        for seconds in options.seconds:
            clip = Path(folder) / "clip.mp4"
            make_clip(clip, width=options.width, height=options.height, seconds=seconds)
            command = [sys.executable, __file__, "--one", clip, run, Path(folder) / "out.mp4"]
            done = subprocess.run(
                [str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True
            )
            rows.append({"clip_s": seconds, **json.loads(done.stdout.splitlines()[-1])})
    print(f"{'clip s':>8} {'frames':>7} {'frames/s':>9} {'CPU ms/frame':>13} {'peak MiB':>9}")
    for row in rows:
        print(
            f"{row['clip_s']:>8g} {row['frames']:>7} {row['frames_per_s']:>9.2f} "
            f"{row['cpu_ms_per_frame']:>13.0f} {row['peak_mib']:>9.0f}"
        )
    result = {
        "size": [options.width, options.height],
        "preset": options.preset,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "rows": rows,
    }
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
