"""Make docs/images/demo.png from a finished demo: `python tools/demo_picture.py demo-output`."""

import argparse
from importlib import resources
from pathlib import Path

import numpy as np

from jaxswap import footage, images

FRAMES = (10, 55, 140)


def main() -> None:
    """Frames of a, the same with b's face, and b, a row each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="what `jaxswap demo --out` was given")
    parser.add_argument("--picture", type=Path, default=Path("docs/images/demo.png"))
    options = parser.parse_args()
    clips = Path(str(resources.files("jaxswap.demo") / "assets"))
    columns = [
        [frame.image_u8 for frame in footage.FrameReader(path) if frame.index in FRAMES]
        for path in (clips / "a_test.mp4", options.out / "a_as_b.mp4", clips / "b_test.mp4")
    ]
    rows = [np.concatenate(row, axis=1) for row in zip(*columns, strict=True)]
    images.write_png(options.picture, np.concatenate(rows))


if __name__ == "__main__":
    main()
