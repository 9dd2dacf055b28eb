"""The linear map between two distributions of colours that moves them least."""

import numpy as np
from jaxtyping import Float

from jaxswap.conversion.color import statistics

_SMALLEST = 1e-5  # variance added to both, of the range [0, 1]: flat colours have no direction


def monge_kantorovich(source: statistics.Source, target: statistics.Target) -> statistics.Transfer:
    """The target's mean and covariance, by the linear map of least transport.

    With covariances A and B of the samples the map is
    `A^(-1/2) (A^(1/2) B A^(1/2))^(1/2) A^(-1/2)`. It is symmetric, and its eigenvalues, by which it
    stretches colours, are kept within `statistics.MAX_GAIN`.

    Reference: Pitié and Kokaram 2007, https://doi.org/10.1049/cp:20070055
    """
    mean_source, mean_target = source.mean(axis=0), target.mean(axis=0)
    a, b = _covariance(source), _covariance(target)
    root = _power(a, 0.5)
    inverse = _power(a, -0.5)
    matrix = inverse @ _power(root @ b @ root, 0.5) @ inverse
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    values = np.clip(values, 1 / statistics.MAX_GAIN, statistics.MAX_GAIN)
    bounded = ((vectors * values) @ vectors.T).astype(np.float32)

    def transfer(pixels: statistics.Pixels) -> statistics.Pixels:
        return (pixels - mean_source) @ bounded + mean_target

    return transfer


def _covariance(pixels: statistics.Pixels) -> Float[np.ndarray, "3 3"]:
    centred = pixels.astype(np.float64) - pixels.mean(axis=0)
    return centred.T @ centred / len(pixels) + _SMALLEST * np.eye(3)


def _power(matrix: Float[np.ndarray, "3 3"], exponent: float) -> Float[np.ndarray, "3 3"]:
    """Of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 1e-12) ** exponent) @ vectors.T
