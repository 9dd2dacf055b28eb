import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap import config
from jaxswap.losses import pixel, structural, weighting

SHAPE = (2, 3, 12, 12)  # batch, identities, height, width


def scene():
    rng = np.random.default_rng(0)
    outputs = types.SimpleNamespace(
        face=jnp.asarray(rng.random((*SHAPE, 3), dtype=np.float32)),
        mask=jnp.asarray(rng.random((*SHAPE, 1), dtype=np.float32)),
        visible=None,
    )
    target = jnp.asarray(rng.random((*SHAPE, 3), dtype=np.float32))
    return outputs, target, jnp.asarray(rng.random((*SHAPE, 3), dtype=np.float32))


def without_mask(outputs):
    return types.SimpleNamespace(face=outputs.face, mask=None, visible=None)


def test_the_original_is_a_plain_mean():
    outputs, target, regions = scene()
    loss, parts = weighting.training_loss(
        without_mask(outputs), target, regions, regions[..., :1], config.LossConfig()
    )
    np.testing.assert_allclose(loss, jnp.abs(outputs.face - target).mean(), rtol=1e-6)
    assert set(parts) == {"l1", "loss/0", "loss/1", "loss/2"}
    for identity in range(3):
        difference = jnp.abs(outputs.face - target)[:, identity]
        np.testing.assert_allclose(parts[f"loss/{identity}"], difference.mean(), rtol=1e-6)


def test_every_part_is_its_formula_and_they_add_up():
    outputs, target, regions = scene()
    weights = config.LossConfig(l1=0.5, dssim=2.0, masked=True, eyes=3.0, mouth=4.0, mask=5.0)
    loss, parts = jax.jit(
        lambda face, mask: weighting.training_loss(
            types.SimpleNamespace(face=face, mask=mask, visible=None),
            target,
            regions,
            regions[..., :1],
            weights,
        )
    )(outputs.face, outputs.mask)
    face, eyes, mouth = (regions[..., index : index + 1] for index in range(3))
    share = face.mean(axis=(2, 3, 4), keepdims=True)
    difference = jnp.abs(outputs.face - target)
    expected = {
        "l1": 0.5 * (face / share * difference).mean(),
        "eyes": 3 * (eyes / share * difference).mean(),
        "mouth": 4 * (mouth / share * difference).mean(),
        "dssim": 2 * (face / share * structural.dssim(outputs.face, target)).mean(),
        "mask": 5 * jnp.abs(outputs.mask - face).mean(),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(parts[name], value, rtol=1e-5)
    np.testing.assert_allclose(loss, sum(expected.values()), rtol=1e-5)
    np.testing.assert_allclose(loss, np.mean([parts[f"loss/{i}"] for i in range(3)]), rtol=1e-5)


def test_what_hides_a_face_is_asked_of_the_visible_head_alone():
    outputs, target, regions = scene()
    outputs.visible = outputs.mask
    weights = config.LossConfig(masked=True, visible=2.0)
    hidden = regions[..., :1] * 0.25
    _, seen = weighting.training_loss(outputs, target, regions, regions[..., :1], weights)
    _, parts = weighting.training_loss(outputs, target, regions, hidden, weights)
    assert (parts["l1"], parts["mask"]) == (seen["l1"], seen["mask"])
    entropy = 2 * pixel.cross_entropy(outputs.visible, hidden).mean()
    np.testing.assert_allclose(parts["visible"], entropy, rtol=1e-5)


def test_the_scale_does_not_depend_on_the_size_of_the_mask():
    face = jnp.full((*SHAPE, 3), 0.5)
    outputs, target = (
        types.SimpleNamespace(face=face, mask=None, visible=None),
        jnp.full((*SHAPE, 3), 0.75),
    )
    weights = config.LossConfig(masked=True)
    for rows in (2, 6, 12):
        regions = jnp.zeros((*SHAPE, 3)).at[:, :, :rows].set(1.0)
        loss, _ = weighting.training_loss(outputs, target, regions, regions[..., :1], weights)
        np.testing.assert_allclose(loss, 0.25, rtol=1e-5)


def test_outside_the_mask_nothing_counts():
    outputs, target, _ = scene()
    regions = jnp.zeros((*SHAPE, 3)).at[:, :, :6, :, 0].set(1.0)
    outputs.mask = regions[..., :1]

    def loss(face):
        told = types.SimpleNamespace(face=face, mask=outputs.mask, visible=None)
        return weighting.training_loss(
            told, target, regions, regions[..., :1], config.LossConfig(masked=True)
        )[0]

    gradient = jax.grad(loss)(outputs.face)
    np.testing.assert_array_equal(gradient[:, :, 6:], 0)
    assert float(jnp.abs(gradient[:, :, :6]).min()) > 0


def test_an_empty_mask_is_no_division_by_zero():
    outputs, target, _ = scene()
    weights = config.LossConfig(masked=True, dssim=1.0)
    regions = jnp.zeros((*SHAPE, 3))
    loss, _ = weighting.training_loss(
        without_mask(outputs), target, regions, regions[..., :1], weights
    )
    assert float(loss) == 0


def test_shapes_that_differ_are_refused():
    outputs, target, regions = scene()
    with pytest.raises(ValueError, match="must agree in all but the channels"):
        weighting.training_loss(outputs, target, regions, regions[:1, ..., :1], config.LossConfig())
    with pytest.raises(ValueError, match="must agree in all but the channels"):
        weighting.training_loss(
            outputs, target[:, :1], regions, regions[..., :1], config.LossConfig()
        )
    outputs.mask = outputs.mask[:, :, :1]
    with pytest.raises(ValueError, match="must match"):
        weighting.training_loss(outputs, target, regions, regions[..., :1], config.LossConfig())
