import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap import config
from jaxswap.conversion import swapper
from jaxswap.models import building, topologies

NAMES = ("anna", "ben", "init")


def make_params(model):
    net = building.build(model)
    return jax.jit(lambda key: net.init(key, identities=NAMES))(jax.random.key(0))


@pytest.fixture(scope="module")
def params(tiny_model):
    return make_params(tiny_model)


@pytest.fixture(scope="module")
def views_u8():
    return np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


def test_each_identity_has_its_own_decoder_and_the_program_is_one(
    tiny_model, params, views_u8, caplog
):
    model = swapper.Swapper(params, tiny_model, identities=["init", "anna", "init"], batch_size=4)
    views = jax.numpy.asarray(views_u8, dtype="float32") / 255
    model.warm_up()
    with caplog.at_level("DEBUG", logger="jax"), jax.log_compiles():
        made = {identity: model.swap(views_u8, identity=identity) for identity in ("anna", "init")}
    assert "Compiling" not in caplog.text
    for identity, (faces, masks) in made.items():
        own = topologies.of_one(params, identity)
        expected = topologies.swap(building.build(tiny_model), own, views)
        np.testing.assert_allclose(faces, np.clip(expected.face, 0, 1), atol=1e-5)
        np.testing.assert_allclose(masks, np.clip(expected.mask, 0, 1), atol=1e-5)
    assert np.abs(made["anna"][0] - made["init"][0]).mean() > 1e-4


def test_an_identity_that_was_left_out_is_refused(tiny_model, params, views_u8):
    model = swapper.Swapper(params, tiny_model, identities=["anna"], batch_size=4)
    with pytest.raises(ValueError, match=r"one of \['anna'\], not 'ben'"):
        model.swap(views_u8, identity="ben")


def test_only_what_is_needed_is_put_on_the_device(tiny_model, params):
    host = jax.device_get(params)
    model = swapper.Swapper(host, tiny_model, identities=["ben", "anna"], batch_size=4)
    held = [own["decoders"] for own in model._params.values()]
    assert len(held) == 2
    shared = [own["encoder"]["Downscale_0"]["Conv_0"]["kernel"] for own in model._params.values()]
    assert shared[0] is shared[1]  # once, whoever is put on


def saying(params, name, value):
    """The same with a head that says `value` everywhere."""
    odds = np.log(value / (1 - value))

    def changed(path, leaf):
        last = jax.tree_util.keystr(path[-2:], simple=True, separator="/") == "Conv_0/bias"
        return jnp.full_like(leaf, odds if last else 0)

    return params | {name: jax.tree_util.tree_map_with_path(changed, params[name])}


@pytest.mark.parametrize(("visible", "expected"), [(0.01, 0.016), (0.25, 0.4), (0.7, 0.8)])
def test_what_hides_the_face_is_left_out_of_the_mask(tiny_model, views_u8, visible, expected):
    seeing = dataclasses.replace(tiny_model, visible=config.VisibleHead(features=(2, 2)))
    params = make_params(seeing)
    told = saying(saying(params, "mask_heads", 0.8), "visible_head", visible)
    model = swapper.Swapper(told, seeing, identities=["ben"], batch_size=4)
    _, masks = model.swap(views_u8, identity="ben")
    np.testing.assert_allclose(masks, expected, rtol=1e-4)
