"""Structural similarity, elementwise: the caller reduces. Pictures are in [0, 1]."""

import functools

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

SIGMA_PX = 1.5
RADIUS_PX = 5
K1, K2 = 0.01, 0.03


@functools.cache
def _smoothing(side: int) -> np.ndarray:
    """Matrix `[side, side]` that smooths a line by the Gaussian window, the border mirrored.

    As a matrix product the window costs less on CPU than as a convolution of one channel.
    """
    offsets = np.arange(-RADIUS_PX, RADIUS_PX + 1)
    window = np.exp(-0.5 * (offsets / SIGMA_PX) ** 2)
    matrix = np.zeros((side, side))
    for row in range(side):
        seen = np.mod(row + offsets, 2 * side)  # ... 1 0 | 0 1 ... n-1 | n-1 n-2 ...
        np.add.at(matrix[row], np.where(seen < side, seen, 2 * side - 1 - seen), window)
    return (matrix / window.sum()).astype(np.float32)


def ssim(
    pred: Float[Array, "*b h w c"], target: Float[Array, "*target"]
) -> Float[Array, "*b h w c"]:
    """Structural similarity around each pixel, in [-1, 1], 1 = the same; each channel on its own.

    `(2 m_p m_t + c1) (2 s_pt + c2) / ((m_p^2 + m_t^2 + c1) (s_p^2 + s_t^2 + c2))` of the means,
    variances and covariance under a Gaussian window of 11x11 pixels and sigma 1.5; c1 = 0.01^2,
    c2 = 0.03^2. Beyond the border the picture is mirrored, so that the map keeps its size.

    Raises:
        ValueError: if the shapes differ.

    Reference: Wang et al. 2004, https://doi.org/10.1109/TIP.2003.819861
    """
    if pred.shape != target.shape:
        raise ValueError(f"`pred` {pred.shape} and `target` {target.shape} must match.")
    height, width = pred.shape[-3:-1]
    pred, target = jnp.moveaxis(pred, -1, -3), jnp.moveaxis(target, -1, -3)
    # The two variances count only as their sum: four pictures to smooth, not five.
    moments = jnp.stack([pred, target, pred**2 + target**2, pred * target])
    # Differences of near numbers follow: TPU's default of bfloat16 products would drown them.
    smooth = functools.partial(jnp.matmul, precision=lax.Precision.HIGHEST)
    moments = smooth(
        jnp.swapaxes(smooth(moments, _smoothing(width).T), -1, -2), _smoothing(height).T
    )
    mean_p, mean_t, squares, products = moments
    c1, c2 = K1**2, K2**2
    means, power = mean_p * mean_t, mean_p**2 + mean_t**2
    similarity = (2 * means + c1) * (2 * (products - means) + c2)
    similarity = similarity / ((power + c1) * (squares - power + c2))
    return jnp.transpose(similarity, (*range(pred.ndim - 3), -1, -2, -3))


def dssim(
    pred: Float[Array, "*b h w c"], target: Float[Array, "*target"]
) -> Float[Array, "*b h w c"]:
    """Structural dissimilarity around each pixel: `(1 - ssim) / 2`, in [0, 1], 0 = the same."""
    return (1 - ssim(pred, target)) / 2
