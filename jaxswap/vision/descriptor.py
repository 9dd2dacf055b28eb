"""Who a face is: dlib's descriptor, an extra.

The descriptor is a vector of 128 numbers; pictures of one person lie near each other, and 0.6 is
the usual threshold for "the same person". The packages of `jaxswap[identity]` bring dlib and the
model file, which is in the public domain (CC0).

Of the model files in that package only the descriptor's own is read. Its landmark predictors are
not: the one of 68 points was trained on iBUG 300-W, whose licence excludes commercial use. The
eye corners and the base of the nose, by which dlib levels a face, come from our own landmarks.

Reference: King 2017, https://github.com/davisking/dlib-models
"""

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import errors, types

SAME_PERSON = 0.6
"""Distance below which two pictures usually show one person."""

MODEL = "dlib_face_recognition_resnet_model_v1.dat"

# Of the 468: the eyes' corners, right of the image first and outer before inner, and the base of
# the nose, in the order of dlib's five points.
FIVE_POINTS = (263, 362, 33, 133, 2)

Landmarks = Float[np.ndarray, "468 2"]
Descriptor = Float[np.ndarray, " 128"]
Descriptors = Float[np.ndarray, "n 128"]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Reference:
    """Pictures that show who a person is.

    Attributes:
        images_u8: chips or frames of one size.
        landmarks: the face of each, in pixels of its image.
    """

    images_u8: UInt8[np.ndarray, "n h w 3"]
    landmarks: Float[np.ndarray, "n 468 2"]


def is_available() -> bool:
    """Whether the packages of the extra are installed."""
    return importlib.util.find_spec("dlib") is not None and _find_model() is not None


class Describer:
    """The descriptor network, loaded once.

    Raises:
        MissingExtraError: if the packages are not installed.
    """

    def __init__(self):
        model = _find_model()
        try:
            import dlib  # pyright: ignore[reportMissingImports]  # an extra
        except ImportError as error:
            raise _missing("dlib") from error
        if model is None:
            raise _missing("face-recognition-models")
        self._dlib = dlib
        self._network = dlib.face_recognition_model_v1(str(model))

    def describe(self, image_u8: types.ImageU8, landmarks: Landmarks) -> Descriptor:
        """The descriptor of one face.

        Args:
            image_u8: RGB, any size that holds the face.
            landmarks: the face in pixels of the image.
        """
        dlib = self._dlib
        points = [dlib.point(*np.rint(landmarks[index]).astype(int)) for index in FIVE_POINTS]
        corners = np.concatenate([np.floor(landmarks.min(0)), np.ceil(landmarks.max(0))])
        face = dlib.full_object_detection(dlib.rectangle(*corners.astype(int)), points)
        chip = dlib.get_face_chip(np.ascontiguousarray(image_u8), face)
        return np.asarray(self._network.compute_face_descriptor(chip))

    def describe_all(self, reference: Reference) -> Descriptors:
        """The descriptor of each picture of a person."""
        pairs = zip(reference.images_u8, reference.landmarks, strict=True)
        return np.stack([self.describe(image_u8, landmarks) for image_u8, landmarks in pairs])


def _find_model() -> Path | None:
    # Importing the package would import pkg_resources, which newer setuptools no longer have.
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "models" / MODEL
    return path if path.is_file() else None


def _missing(package: str) -> errors.MissingExtraError:
    return errors.MissingExtraError(
        f"To tell who a face is needs {package}, which is not installed. "
        'Install it: pip install "jaxswap[identity]"'
    )
