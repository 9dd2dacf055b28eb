"""Which detectors there are."""

from jaxswap import config
from jaxswap.vision import detection, mtcnn, mtcnn_tf


def make(faces: config.FacesConfig) -> detection.Detector:
    """The detector that the configuration names.

    Raises:
        MissingExtraError: if its packages are not installed.
    """
    make_one = mtcnn_tf.MtcnnTf if faces.detector == "mtcnn-tf" else mtcnn.Mtcnn
    return make_one(min_score=faces.min_score, min_face_px=faces.min_face_px)
