"""Small clips: parts of the embedded ones, some of them spoilt."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import jax
import numpy as np
import pytest

from jaxswap import checkpoints, config, runs
from jaxswap.models import building


@pytest.fixture(scope="session")
def write_clips(demo_clips) -> Callable[..., list[Path]]:
    def write(folder: Path, *, count: int, frames: int, name: str = "a_train") -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        with av.open(str(demo_clips[name])) as source:
            decoded = source.decode(video=0)
            for number in range(count):
                path = folder / f"{name}-{number:02d}.mp4"
                with av.open(str(path), "w", options={"fflags": "+bitexact"}) as target:
                    video = target.add_stream("libx264", rate=25, options={"threads": "1"})
                    width, height = source.streams.video[0].width, source.streams.video[0].height
                    video.width, video.height = width, height
                    for index in range(frames):
                        frame = next(decoded)
                        image = frame.reformat(format="yuv420p")
                        image.pts, image.time_base = index, Fraction(1, 25)
                        target.mux(video.encode(image))
                    target.mux(video.encode(None))
                paths.append(path)
        return paths

    return write


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> runs.Run:
    """A model that has learned nothing but two colours."""
    model = config.SharedInter(
        image_size=32,
        encoder=config.ConvEncoder(features=(8, 8, 8)),
        inter=config.DenseInter(bottleneck=16, features=8, upscale=8),
        decoder=config.Decoder(features=(8, 8)),
    )
    made = runs.Run(
        path=tmp_path_factory.mktemp("run"),
        config=config.Config(model=model),
        identities=("a", "b"),
        manifest={"identities": [{"name": "a"}, {"name": "b"}]},
    )
    made.write()
    net = building.build(model)
    params = jax.jit(lambda key: net.init(key, identities=("a", "b")))(jax.random.key(0))
    for name, tint in (("a", [1.0, 0.0, -1.0]), ("b", [-1.0, 0.0, 1.0])):
        last = params["decoders"][name]["Conv_0"]
        last["bias"] = last["bias"] + np.array(tint, np.float32)
    with checkpoints.Store(made.checkpoints_dir, keep=1) as store:
        store.save(1, {"params": params}, position={}, manifest={})
    return runs.Run.open(made.path)
