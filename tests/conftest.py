"""What the tests share: footage, compiled programs, and a whole small job by the real commands."""

import atexit
import hashlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from jaxswap import events

pytest_plugins = ("tests.films",)

if TYPE_CHECKING:
    from jaxswap import config, runs
    from jaxswap.vision import descriptor

# Without it libtpu, with which some tests compile for TPUs, complains in every process.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    # Many tests compile the same tiny programs, some in processes of their own: compile each once
    # in a session. Set before JAX is imported; worker and child processes inherit it.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="jaxswap-tests-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    atexit.register(shutil.rmtree, os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)


class Heard(events.Events):
    """Keeps what was told, and says stop once as much progress was heard as `stop_at` says."""

    def __init__(self) -> None:
        self.progresses: list[events.Progress] = []
        self.messages: list[str] = []
        self.stop_at: float = float("inf")

    def progress(self, progress: events.Progress) -> None:
        self.progresses.append(progress)

    def message(self, line: str) -> None:
        self.messages.append(line)

    def should_stop(self) -> bool:
        return len(self.progresses) >= self.stop_at


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="session")
def demo_clips() -> dict[str, Path]:
    """The embedded clips by name: a_train, a_test, b_train, b_test."""
    folder = Path(str(resources.files("jaxswap.demo") / "assets"))
    return {path.stem: path for path in sorted(folder.glob("*.mp4"))}


@pytest.fixture(scope="session")
def astronaut_u8() -> np.ndarray:
    """A photo with one face (NASA, public domain), RGB uint8, 512x512."""
    from skimage import data

    return data.astronaut()


@pytest.fixture(scope="session")
def describer() -> "descriptor.Describer":
    """dlib's descriptor; tests that need it are skipped without the extra."""
    from jaxswap.vision import descriptor

    if not descriptor.is_available():
        pytest.skip('the extra is not installed: pip install ".[identity]"')
    return descriptor.Describer()


@pytest.fixture(scope="session")
def read_reference(demo_clips) -> Callable[..., "descriptor.Reference"]:
    """The person of an embedded clip, in every n-th frame."""
    from jaxswap import config, footage
    from jaxswap.vision import descriptor, finding

    def read(name: str, *, every: int) -> descriptor.Reference:
        reader = footage.FrameReader(demo_clips[name], every=every)
        found = list(finding.FaceFinder(config.FacesConfig()).find_all(reader))
        return descriptor.Reference(
            images_u8=np.stack([frame.image_u8 for frame, _ in found]),
            landmarks=np.stack([faces[0].landmarks_468 for _, faces in found]),
        )

    return read


@pytest.fixture(scope="session")
def references(read_reference) -> dict[str, "descriptor.Reference"]:
    """Four frames of each person in other motion and light than in the held-out clips."""
    return {name: read_reference(f"{name}_train", every=120) for name in ("a", "b")}


@pytest.fixture(scope="session")
def swapped_profile() -> bytes:
    """A profile of RGB whose red is sRGB's green and whose green is its red."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = range(132, 132 + 12 * profile[131], 12)
    red, green = (
        next(at for at in tags if profile[at : at + 4] == name) for name in (b"rXYZ", b"gXYZ")
    )
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


TINY_OPTIONS = (
    *("--data.chip-size", "32", "--data.num-threads", "1"),
    *("--model.image-size", "16", "--model.encoder.features", "8", "16"),
    *("--model.visible.features", "4"),
    *("--model.inter.bottleneck", "16", "--model.inter.features", "16"),
    *("--model.inter.upscale", "8"),
    *("--model.decoder.features", "8", "--model.mask.features", "4"),
    *("--train.batch-size", "4", "--train.log-every", "1", "--train.save-every", "2"),
)
"""A model of a few thousand parameters, trained on a few chips."""


def _run(*argv: str | Path) -> int:
    from jaxswap.cli import main

    return main.run([str(argument) for argument in argv])


def _tree(folder: Path) -> dict[str, str]:
    files = [Path(root) / name for root, _, names in os.walk(folder) for name in names]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def _write_video(path: Path, frames_u8: list[np.ndarray]) -> Path:
    """Encode RGB frames at 5 per second, with the index in front so that a cut file decodes."""
    import av

    height, width = frames_u8[0].shape[:2]
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(5))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": "5"}
        for frame_u8 in frames_u8:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_u8, format="rgb24")))
        container.mux(stream.encode())
    return path


def _join_parts(path: Path, parts: list[tuple], *, codec: str = "libx264") -> Path:
    """Parts of 5 frames each of one stream: width, height, colour, pixel format, tags."""
    import av

    at = 0
    with av.open(str(path), "w") as container:
        stream = None
        for width, height, color, layout, (matrix, range_) in parts:
            encoder = av.CodecContext.create(codec, "w")
            encoder.width, encoder.height, encoder.pix_fmt = width, height, layout
            encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
            encoder.colorspace, encoder.color_range = matrix, range_
            encoder.options = {"crf": "4", "g": "5", "bf": "0"}
            if stream is None:
                stream = container.add_stream(codec, rate=25)
                stream.width, stream.height, stream.pix_fmt = width, height, layout
            image_u8 = np.full((height, width, 3), color, np.uint8)
            packets = []
            for _ in range(5):
                frame = av.VideoFrame.from_ndarray(image_u8, "rgb24").reformat(
                    format=layout, dst_colorspace=matrix, dst_color_range=range_
                )
                frame.pts, frame.time_base = at, Fraction(1, 25)
                packets += encoder.encode(frame)
                at += 1
            for packet in [*packets, *encoder.encode(None)]:
                packet.stream, packet.time_base = stream, Fraction(1, 25)
                container.mux(packet)
    return path


def _read_frames(path: Path, *, count: int) -> list[np.ndarray]:
    import av

    with av.open(str(path)) as container:
        return [
            frame.to_ndarray(format="rgb24")
            for frame, _ in zip(container.decode(video=0), range(count), strict=False)
        ]


@pytest.fixture(scope="session")
def run() -> Callable[..., int]:
    """The exit code of `jaxswap` with these arguments, in this process."""
    return _run


@pytest.fixture(scope="session")
def tree() -> Callable[[Path], dict[str, str]]:
    """Digest of each file under a folder, hidden and partial ones too."""
    return _tree


@pytest.fixture(scope="session")
def write_video() -> Callable[[Path, list[np.ndarray]], Path]:
    return _write_video


@pytest.fixture(scope="session")
def join_parts() -> Callable[..., Path]:
    """Writes a video of parts that differ in size, pixel format or colour tags."""
    return _join_parts


@pytest.fixture
def fails(capsys) -> Callable[..., str]:
    """Run a command that must end with one line for the user; returns the line."""

    def check(*argv: str | Path, code: int = 1) -> str:
        capsys.readouterr()
        assert _run(*argv) == code
        said = capsys.readouterr().err
        assert "Traceback" not in said
        lines = [line for line in said.splitlines() if line.startswith("jaxswap: ")]
        assert len(lines) == 1, said
        return lines[0]

    return check


@pytest.fixture(scope="session")
def work(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("main job")  # a path with a space, as users have them


@pytest.fixture(scope="session")
def facesets(work, demo_clips) -> dict[str, Path]:
    """Facesets of both people, from each twelfth frame."""
    made = {name: work / "faces" / name for name in ("a", "b")}
    for name, out in made.items():
        clip = demo_clips[f"{name}_train"]
        assert _run("extract", clip, "--out", out, "--every", "12", "--chip-size", "64") == 0
    return made


@pytest.fixture(scope="session")
def clip(work, demo_clips) -> Path:
    """The first frames of the held-out clip, without sound."""
    return _write_video(work / "clip.mp4", _read_frames(demo_clips["a_test"], count=12))


def _train_command(who: dict[str, Path]) -> tuple[str, ...]:
    named = [f"--identity={name}={path}" for name, path in who.items()]
    return ("train", *named, "--steps", "4", *TINY_OPTIONS)


@pytest.fixture(scope="session")
def train_command() -> Callable[[dict[str, Path]], tuple[str, ...]]:
    """Arguments that train four steps on these identities; `--run` and more come after."""
    return _train_command


@pytest.fixture(scope="session")
def trained(work, facesets) -> Path:
    """A run of four steps. Tests that change it take a copy: `run_copy`."""
    folder = work / "run"
    assert _run(*_train_command(facesets), "--run", folder) == 0
    return folder


@pytest.fixture(scope="session")
def read_frames() -> Callable[..., list[np.ndarray]]:
    """The first `count` frames of a video, RGB uint8."""
    return _read_frames


@pytest.fixture(scope="session")
def tiny_config():
    """The configuration of the run of four steps."""
    from jaxswap.cli import parsing

    argv = [*_train_command({"a": Path("x"), "b": Path("y")}), "--run", "r"]
    return parsing.parse(argv).configuration


@pytest.fixture
def run_copy(trained, tmp_path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture(scope="session")
def tiny_model() -> "config.SharedInter":
    """A model of 32 px with a mask head, of a few thousand parameters."""
    from jaxswap import config

    return config.SharedInter(**_tiny())


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> "Callable[..., runs.Run]":
    """A run with one checkpoint, of step 7: a tiny model that has learned nothing but two colours.

    Takes fields of the model that are different; the same ones make the same run.
    """
    from jaxswap import config

    made: dict[tuple, runs.Run] = {}

    def make(**model: object) -> "runs.Run":
        key = tuple(sorted(model.items()))
        if key not in made:
            path = tmp_path_factory.mktemp("run")
            made[key] = _write_run(path, config.SharedInter(**{**_tiny(), **model}))
        return made[key]

    return make


def _tiny() -> dict[str, object]:
    from jaxswap import config

    return {
        "image_size": 32,
        "encoder": config.ConvEncoder(features=(8, 8, 8)),
        "inter": config.DenseInter(bottleneck=16, features=8, upscale=8),
        "decoder": config.Decoder(features=(8, 8)),
        "mask": config.MaskHead(features=(8, 8)),
    }


def _write_run(path: Path, model: "config.Model") -> "runs.Run":
    import jax

    from jaxswap import checkpoints, config, runs
    from jaxswap.models import building

    run = runs.Run(
        path=path,
        config=config.Config(model=model),
        identities=("a", "b"),
        manifest={"identities": [{"name": "a"}, {"name": "b"}]},
    )
    run.write()
    net = building.build(model)
    params = jax.jit(lambda key: net.init(key, identities=("a", "b")))(jax.random.key(0))
    for name, tint in (("a", [1.0, 0.0, -1.0]), ("b", [-1.0, 0.0, 1.0])):  # reddish, bluish
        last = params["decoders"][name]["Conv_0"]
        last["bias"] = last["bias"] + np.array(tint, np.float32)
    with checkpoints.Store(run.checkpoints_dir, keep=1) as store:
        store.save(7, {"params": params}, position={}, manifest={})
    return runs.Run.open(path)


def _write_couple(path: Path, demo_clips: dict[str, Path], *, num_frames: int) -> Path:
    """Two people side by side: b on the left comes in with frame 4, a on the right is smaller."""
    import av
    import cv2

    from jaxswap import footage

    b, a = (footage.FrameReader(demo_clips[name]) for name in ("b_test", "a_test"))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 640, 288, "yuv420p"
        for left, right in itertools.islice(zip(b, a, strict=False), num_frames):
            both = np.full((288, 640, 3), 90, np.uint8)
            if left.index >= 4:
                both[:, :320] = left.image_u8[:, 32:352]
            small = cv2.resize(right.image_u8, (288, 216), interpolation=cv2.INTER_AREA)
            both[36:252, 336:624] = small
            container.mux(stream.encode(av.VideoFrame.from_ndarray(both, "rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def couple(demo_clips, tmp_path_factory) -> Path:
    """12 frames of two people; the main one is a, who is smaller, but there from the beginning."""
    return _write_couple(
        tmp_path_factory.mktemp("footage") / "couple.mp4", demo_clips, num_frames=12
    )


@pytest.fixture(scope="session")
def takeover(demo_clips, tmp_path_factory) -> Path:
    """28 frames of the same two; here b, the larger one, has overtaken a in the end."""
    return _write_couple(
        tmp_path_factory.mktemp("footage") / "takeover.mp4", demo_clips, num_frames=28
    )
