import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap import config
from jaxswap.conversion import swapper
from jaxswap.models import autoencoder

MODEL = config.ModelConfig(
    image_size=16,
    encoder_features=(8, 8),
    bottleneck_features=8,
    inter_features=8,
    inter_upscale_features=8,
    decoder_features=(8,),
    mask_features=(4,),
    mask_head=True,
)


@pytest.fixture(scope="module")
def params():
    return autoencoder.init(jax.random.key(0), MODEL, num_identities=3)


@pytest.fixture(scope="module")
def views_u8():
    return np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


def test_each_identity_has_its_own_decoder_and_the_program_is_one(params, views_u8, caplog):
    model = swapper.Swapper(params, MODEL, identities=[2, 0, 2], batch_size=4)
    views = jax.numpy.asarray(views_u8, dtype="float32") / 255
    model.warm_up()
    with caplog.at_level("DEBUG", logger="jax"), jax.log_compiles():
        made = {identity: model.swap(views_u8, identity=identity) for identity in (0, 2)}
    assert "Compiling" not in caplog.text
    for identity, (faces, masks) in made.items():
        expected = autoencoder.swap(params, MODEL, views, identity=identity)
        np.testing.assert_allclose(faces, np.clip(expected.face, 0, 1), atol=1e-5)
        np.testing.assert_allclose(masks, np.clip(expected.mask, 0, 1), atol=1e-5)
    assert np.abs(made[0][0] - made[2][0]).mean() > 1e-3


def test_an_identity_that_was_left_out_is_refused(params, views_u8):
    model = swapper.Swapper(params, MODEL, identities=[0], batch_size=4)
    with pytest.raises(ValueError, match=r"one of \[0\], not 1"):
        model.swap(views_u8, identity=1)


def saying(params, name, value):
    """The same with a head that says `value` everywhere."""
    last = max(key for key in params[name] if key.startswith("Conv"))
    head = jax.tree.map(jnp.zeros_like, params[name])
    head[last]["bias"] = jnp.full_like(head[last]["bias"], np.log(value / (1 - value)))
    return params | {name: head}


@pytest.mark.parametrize(("visible", "expected"), [(0.01, 0.016), (0.25, 0.4), (0.7, 0.8)])
def test_what_hides_the_face_is_left_out_of_the_mask(views_u8, visible, expected):
    seeing = dataclasses.replace(MODEL, visible_features=(2,))
    params = autoencoder.init(jax.random.key(0), seeing, num_identities=2)
    told = saying(saying(params, "mask_head", 0.8), "visible_head", visible)
    model = swapper.Swapper(told, seeing, identities=[1], batch_size=4)
    _, masks = model.swap(views_u8, identity=1)
    np.testing.assert_allclose(masks, expected, rtol=1e-4)
