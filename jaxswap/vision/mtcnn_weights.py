"""The weights that the `mtcnn` package ships, read without importing it (that needs TensorFlow).

The files are joblib pickles, so they are opened only if their bytes are the published ones.
"""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from jaxswap import errors, files

SHA256 = {
    "pnet": "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
    "rnet": "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
    "onet": "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
}

LAYERS = {
    "pnet": "Conv_0 PReLU_0 Conv_1 PReLU_1 Conv_2 PReLU_2 Conv_3 Conv_4",
    "rnet": "Conv_0 PReLU_0 Conv_1 PReLU_1 Conv_2 PReLU_2 Dense_0 PReLU_3 Dense_1 Dense_2",
    "onet": "Conv_0 PReLU_0 Conv_1 PReLU_1 Conv_2 PReLU_2 Conv_3 PReLU_3 "
    "Dense_0 PReLU_4 Dense_1 Dense_2 Dense_3",
}


def load(net: str) -> dict[str, Any]:
    """Variables of one net (`pnet`, `rnet`, `onet`) for its linen module.

    Raises:
        MissingExtraError: if the package is not installed.
        JaxswapError: if a file is not the published one.
    """
    path = _folder() / f"{net}.lz4"
    if not path.is_file() or files.sha256(path) != SHA256[net]:
        raise errors.JaxswapError(
            f"{path} is not the weight file of mtcnn 1.0.0. Reinstall it: pip install mtcnn==1.0.0"
        )
    import joblib

    arrays = iter(joblib.load(path))
    params: dict[str, Any] = {}
    for layer in LAYERS[net].split():
        if layer.startswith("PReLU"):
            params[layer] = {"alpha": next(arrays).reshape(-1)}
        else:
            params[layer] = {"kernel": next(arrays), "bias": next(arrays)}
    if net == "pnet":  # its two 1x1 heads as one: fewer passes over the largest map
        scores = params.pop("Conv_4")
        params["Conv_3"] = {
            name: np.concatenate([array, scores[name]], axis=-1)
            for name, array in params["Conv_3"].items()
        }
    return {"params": params}


def _folder() -> Path:
    spec = importlib.util.find_spec("mtcnn")  # finds the package and does not run it
    if spec is None or spec.origin is None:
        raise errors.MissingExtraError(
            "The face detector's weights are missing. Install them: pip install mtcnn"
        )
    return Path(spec.origin).parent / "assets" / "weights"
