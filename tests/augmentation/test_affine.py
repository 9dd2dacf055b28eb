import cv2
import jax.numpy as jnp
import numpy as np
from skimage import transform

from jaxswap import config
from jaxswap.augmentation import affine


def plane(points):
    """Complex points as (n, 2)."""
    return np.stack([np.real(points), np.imag(points)], axis=-1)


def cloud(count=25):
    rng = np.random.default_rng(0)
    return (rng.normal(size=count) + 1j * rng.normal(size=count)).astype(np.complex64)


def test_a_known_similarity_is_found():
    source = cloud()
    known = affine.Similarity(jnp.complex64(0.9 * np.exp(0.4j)), jnp.complex64(0.1 - 0.3j))
    found = affine.fit_similarity(jnp.asarray(source), known.apply(jnp.asarray(source)))
    np.testing.assert_allclose(found.factor, known.factor, rtol=1e-5)
    np.testing.assert_allclose(found.shift, known.shift, rtol=1e-5)


def test_the_fit_is_umeyamas():
    source, noise = cloud(), 0.3 * cloud(50)[25:]
    target = source + noise
    expected = transform.SimilarityTransform.from_estimate(plane(source), plane(target))
    found = affine.fit_similarity(jnp.asarray(source), jnp.asarray(target))
    np.testing.assert_allclose(
        plane(found.apply(jnp.asarray(source))), expected(plane(source)), atol=1e-5
    )


def test_a_mirror_image_is_not_fitted_by_a_mirror():
    source = jnp.asarray(cloud())
    found = affine.fit_similarity(source, jnp.conj(source))
    expected = transform.SimilarityTransform.from_estimate(plane(source), plane(jnp.conj(source)))
    np.testing.assert_allclose(plane(found.apply(source)), expected(plane(source)), atol=1e-5)


def test_the_way_back_leads_back():
    points = jnp.asarray(cloud())
    there = affine.Similarity(jnp.complex64(0.8 + 0.3j), jnp.complex64(0.2 - 0.1j))
    np.testing.assert_allclose(there.invert().apply(there.apply(points)), points, atol=1e-6)


def test_a_positive_angle_turns_as_in_opencv():
    fixed = config.AugmentationConfig(rotation_deg=30.0, zoom=0.0, shift=0.0)
    drawn = affine.similarity(jnp.array([0.7, 1.0, 1.0, 1.0]), augmentation=fixed)
    angle = float(jnp.rad2deg(-jnp.angle(drawn.factor)))
    np.testing.assert_allclose(angle, 21.0, rtol=1e-5)
    expected = cv2.getRotationMatrix2D((0, 0), angle, 1.0)[:, :2] @ plane(cloud()).T
    np.testing.assert_allclose(plane(drawn.apply(jnp.asarray(cloud()))).T, expected, atol=1e-5)


def test_draws_are_shares_of_the_amplitudes():
    augmentation = config.AugmentationConfig(rotation_deg=20.0, zoom=0.1, shift=0.2, flip=0.25)
    for draw in (-1.0, 0.0, 0.5, 1.0):
        drawn = affine.similarity(jnp.full(4, draw), augmentation=augmentation)
        np.testing.assert_allclose(-jnp.angle(drawn.factor), np.deg2rad(-20 * -draw), atol=1e-6)
        np.testing.assert_allclose(jnp.abs(drawn.factor), 1 + 0.1 * draw, rtol=1e-6)
        np.testing.assert_allclose(drawn.shift, 0.2 * draw * (1 + 1j), atol=1e-6)


def test_a_flip_is_as_likely_as_asked_for():
    draws = jnp.linspace(-1, 1, 41)[:-1]
    for share in (0.0, 0.25, 1.0):
        augmentation = config.AugmentationConfig(flip=share)
        flipped = [bool(affine.is_flipped(draw, augmentation=augmentation)) for draw in draws]
        assert abs(np.mean(flipped) - share) < 0.05
