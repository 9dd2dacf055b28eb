"""Make tests/vision/data/mtcnn_reference.json: what the mtcnn package's own detector finds.

It looks at one photo and a few frames of the embedded footage, at its smallest face of 20 px and
with nothing dropped by score. It needs TensorFlow: `pip install -e ".[dev,mtcnn-tf]"`, then run it
as `python tools/mtcnn_reference.py`.
"""

from importlib import metadata, resources
from pathlib import Path
from typing import Any

from skimage import data

from jaxswap import files, footage, types
from jaxswap.vision import mtcnn_tf

TARGET = Path(__file__).parents[1] / "tests" / "faces" / "data" / "mtcnn_reference.json"
FRAMES = (("a_test", 40), ("b_test", 100))  # clip and frame index


def pictures() -> dict[str, types.ImageU8]:
    """The photo and the frames by name; a frame's is `<clip>-<index>`."""
    clips = Path(str(resources.files("jaxswap.demo") / "assets"))
    found = {"astronaut": data.astronaut()}
    for clip, index in FRAMES:
        reader = footage.FrameReader(clips / f"{clip}.mp4", every=index)
        found[f"{clip}-{index}"] = next(f.image_u8 for f in reader if f.index == index)
    return found


def main() -> None:
    """Write the reference beside the test that reads it."""
    detector = mtcnn_tf.MtcnnTf(min_score=0.0, min_face_px=mtcnn_tf.PACKAGE_MIN_FACE_PX)
    faces: dict[str, list[dict[str, Any]]] = {}
    for name, picture in pictures().items():
        faces[name] = [
            {
                "box": [float(value) for value in face.box],
                "score": face.score,
                "landmarks": [[float(x), float(y)] for x, y in face.landmarks],
            }
            for face in detector.detect([picture])[0]
        ]
    versions = {name: metadata.version(name) for name in ("mtcnn", "keras")}
    files.write_json(TARGET, {"versions": versions, "faces": faces})


if __name__ == "__main__":
    main()
