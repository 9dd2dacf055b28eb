import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap import config
from jaxswap.models import autoencoder

TINY = config.ModelConfig(
    image_size=8,
    encoder_features=(4, 8),
    bottleneck_features=6,
    inter_features=4,
    inter_upscale_features=4,
    decoder_features=(4,),
    mask_head=True,
    mask_features=(2,),
)
SEPARATE = dataclasses.replace(TINY, mask_encoder="separate")
PLAIN = dataclasses.replace(TINY, mask_head=False)
SEEING = dataclasses.replace(TINY, visible_features=(2,))


def batch(*, num_identities=3):
    rng = np.random.default_rng(1)
    images = rng.random((2, num_identities, 8, 8, 3), dtype=np.float32)
    masks = rng.random((2, num_identities, 8, 8, 1), dtype=np.float32)
    return jnp.asarray(images), jnp.asarray(masks)


@functools.cache
def params_of(model, *, num_identities=3):
    init = functools.partial(autoencoder.init, model=model, num_identities=num_identities)
    return jax.jit(init)(jax.random.key(0))


@functools.partial(jax.jit, static_argnums=1)
def reconstruct(params, model, images, masks=None):
    return autoencoder.reconstruct(params, model, images, masks=masks)


@functools.partial(jax.jit, static_argnums=1)
def swap(params, model, images, identity, masks=None):
    return autoencoder.swap(params, model, images, identity=identity, masks=masks)


@pytest.mark.parametrize(
    ("model", "keys"),
    [
        (PLAIN, {"encoder", "inter", "decoder"}),
        (TINY, {"encoder", "inter", "decoder", "mask_head"}),
        (SEEING, {"encoder", "inter", "decoder", "mask_head", "visible_head"}),
        (
            SEPARATE,
            {"encoder", "inter", "decoder", "mask_head", "mask_encoder", "mask_inter"},
        ),
    ],
)
def test_parts_and_stacks(model, keys):
    params = params_of(model)
    assert set(params) == keys
    for name, part in params.items():
        leading = {leaf.shape[0] for leaf in jax.tree.leaves(part)}
        assert (leading == {3}) == (name in autoencoder.STACKED)
    kernel = params["decoder"]["Conv_0"]["kernel"]
    assert float(jnp.abs(kernel[0] - kernel[1]).min()) > 0


def test_pictures_are_float32_in_the_unit_range_also_from_bfloat16():
    params = params_of(SEEING)
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype("float32")}
    images, masks = batch()
    exact = reconstruct(params, SEEING, images, masks)
    rough = reconstruct(params, dataclasses.replace(SEEING, dtype="bfloat16"), images, masks)
    for outputs in (exact, rough):
        assert outputs.face.shape == images.shape
        assert outputs.mask.shape == outputs.visible.shape == masks.shape
        for picture in outputs:
            assert picture.dtype == jnp.float32
            assert 0 <= float(picture.min()) < float(picture.max()) <= 1
    assert not np.array_equal(exact.face, rough.face)
    np.testing.assert_allclose(rough.face, exact.face, atol=0.02)


@pytest.mark.parametrize("model", [TINY, SEPARATE], ids=["shared", "separate"])
def test_reconstruct_is_swap_to_itself(model):
    images, masks = batch()
    params = params_of(model)
    outputs = reconstruct(params, model, images, masks)
    for identity in range(3):
        swapped = swap(params, model, images[:, identity], identity, masks[:, identity])
        np.testing.assert_allclose(outputs.face[:, identity], swapped.face, atol=1e-6)
        np.testing.assert_allclose(outputs.mask[:, identity], swapped.mask, atol=1e-6)


def test_without_a_mask_head_there_is_no_mask():
    outputs = reconstruct.eval_shape(params_of(PLAIN), PLAIN, batch()[0])
    assert outputs.mask is None


def test_a_traced_identity_is_that_index():
    images, masks = batch()[0][:, 0], batch()[1][:, 0]
    params = params_of(TINY)
    faces = [swap(params, TINY, images, identity, masks).face for identity in range(3)]
    alone = {
        name: jax.tree.map(lambda leaf: leaf[1:2], params[name])
        if name in autoencoder.STACKED
        else params[name]
        for name in params
    }
    np.testing.assert_allclose(faces[1], swap(alone, TINY, images, 0, masks).face, atol=1e-6)
    assert float(jnp.abs(faces[0] - faces[1]).max()) > 0.01


def test_an_identity_learns_from_its_own_images_alone():
    images, _ = batch()
    params = params_of(TINY)

    def loss(params):
        return jnp.sum(autoencoder.reconstruct(params, TINY, images).face[:, 1])

    gradient = jax.jit(jax.grad(loss))(params)
    largest = jax.vmap(lambda leaf: jnp.abs(leaf).max())(gradient["decoder"]["Conv_0"]["kernel"])
    np.testing.assert_array_equal(largest > 0, [False, True, False])
    assert float(jnp.abs(gradient["encoder"]["Downscale_0"]["Conv_0"]["kernel"]).max()) > 0


def test_one_identity_is_refused():
    with pytest.raises(ValueError, match="two identities or more, not 1"):
        params_of(TINY, num_identities=1)


def test_identities_of_images_and_params_must_agree():
    images, _ = batch(num_identities=2)
    with pytest.raises(ValueError, match=r"hold 2 identities .* decode 3"):
        reconstruct(params_of(TINY), TINY, images)


def test_a_mask_encoder_asks_for_masks():
    images, _ = batch()
    with pytest.raises(ValueError, match="pass `masks`"):
        reconstruct(params_of(SEPARATE), SEPARATE, images)


def test_counts_are_those_of_the_arrays():
    params = params_of(SEPARATE)
    counts = autoencoder.count_parameters(SEPARATE, num_identities=3)
    sizes = {
        name: sum(leaf.size for leaf in jax.tree.leaves(part)) for name, part in params.items()
    }
    assert counts["total"] == sum(sizes.values())
    assert counts["decoder"] * 3 == sizes["decoder"]
    assert counts["mask_encoder"] == sizes["mask_encoder"]
    assert counts["encoder_and_inter"] == sizes["encoder"] + sizes["inter"]


def test_what_is_seen_is_judged_of_the_input_whoever_is_put_on():
    params, (images, _) = params_of(SEEING), batch()
    first, second = (swap(params, SEEING, images[:, 0], identity) for identity in (0, 1))
    np.testing.assert_array_equal(first.visible, second.visible)
    assert float(jnp.abs(first.mask - second.mask).max()) > 1e-3
    # A change of one corner is seen there, and far from it nothing changes: no bottleneck.
    changed = swap(params, SEEING, images[:, 0].at[:, 0, 0].add(0.5), 0)
    difference = jnp.abs(changed.visible - first.visible)
    assert float(difference[:, :2, :2].max()) > 1e-4
    np.testing.assert_array_equal(difference[:, -1, -1], 0)
