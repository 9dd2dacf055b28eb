"""A model for several identities: who has which parameters, and what they make of images."""

import dataclasses
import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap import config
from jaxswap.models import building, topologies

TINY = config.SharedInter(
    image_size=8,
    encoder=config.ConvEncoder(features=(4, 8)),
    inter=config.DenseInter(bottleneck=6, features=4, upscale=4),
    decoder=config.Decoder(features=(4,)),
    mask=config.MaskHead(features=(2,)),
)
OWN_ENCODER = config.MaskHead(features=(2,), own_encoder=True)
SEPARATE = dataclasses.replace(TINY, mask=OWN_ENCODER)
PLAIN = dataclasses.replace(TINY, mask=None)
SEEING = dataclasses.replace(TINY, visible=config.VisibleHead(features=(2,)))
NAMES = ("anna", "ben", "cleo")
AWKWARD = ("init", "name", "parent", "encoder", "decoders", "a.b", "a", "a.Conv_0", "setup", "0")


def batch(*, num_identities=3):
    rng = np.random.default_rng(1)
    images = rng.random((2, num_identities, 8, 8, 3), dtype=np.float32)
    masks = rng.random((2, num_identities, 8, 8, 1), dtype=np.float32)
    return jnp.asarray(images), jnp.asarray(masks)


@functools.cache
def params_of(model, *, names=NAMES):
    net = building.build(model)
    return jax.jit(lambda key: net.init(key, identities=names))(jax.random.key(0))


@functools.partial(jax.jit, static_argnames=("model", "shown"))
def show(params, images, masks=None, *, model, shown=NAMES):
    return building.build(model)(params, images, shown=shown, masks=masks)


@functools.partial(jax.jit, static_argnames="model")
def swap_one(params, images, masks=None, *, model):
    return topologies.swap(building.build(model), params, images, masks=masks)


def swap(params, images, masks=None, *, model, to):
    return swap_one(topologies.of_one(params, to), images, masks, model=model)


def assert_equal(found, expected):
    jax.tree.map(np.testing.assert_array_equal, found, expected)


@pytest.mark.parametrize(
    ("model", "shared", "own"),
    [
        (PLAIN, {"encoder", "inter"}, {"decoders"}),
        (TINY, {"encoder", "inter"}, {"decoders", "mask_heads"}),
        (SEEING, {"encoder", "inter", "visible_head"}, {"decoders", "mask_heads"}),
        (
            SEPARATE,
            {"encoder", "inter", "mask_encoder", "mask_inter"},
            {"decoders", "mask_heads"},
        ),
    ],
)
def test_what_belongs_to_one_identity_stands_under_its_name(model, shared, own):
    params = params_of(model)
    assert set(params) == shared | own
    for name in own:
        assert set(params[name]) == set(NAMES)
    kernels = [params["decoders"][name]["Conv_0"]["kernel"] for name in NAMES]
    assert kernels[0].shape == (5, 5, 4, 3)
    assert float(jnp.abs(kernels[0] - kernels[1]).min()) > 0


def test_the_values_of_a_part_depend_on_its_name_alone():
    names = ("zoe", "ben", "anna", "al")
    params, other = params_of(SEEING), params_of(SEEING, names=names)
    for name in ("encoder", "inter", "visible_head"):
        assert_equal(other[name], params[name])
    for name in set(names) & set(NAMES):
        assert_equal(topologies.of_identity(other, name), topologies.of_identity(params, name))


def test_any_name_will_do():
    params, (images, _) = params_of(TINY, names=AWKWARD), batch(num_identities=2)
    assert set(params["decoders"]) == set(AWKWARD)
    for first, second in itertools.pairwise(AWKWARD):
        found = show(params, images, model=TINY, shown=(first, second))
        for at, name in enumerate((first, second)):
            alone = swap(params, images[:, at], model=TINY, to=name)
            np.testing.assert_allclose(found.face[:, at], alone.face, atol=1e-6)


def test_pictures_are_float32_in_the_unit_range_also_from_bfloat16():
    params = params_of(SEEING)
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype("float32")}
    images, masks = batch()
    exact = show(params, images, masks, model=SEEING)
    rough = show(params, images, masks, model=dataclasses.replace(SEEING, dtype="bfloat16"))
    for outputs in (exact, rough):
        assert outputs.face.shape == images.shape
        assert outputs.mask.shape == outputs.visible.shape == masks.shape
        for picture in outputs:
            assert picture.dtype == jnp.float32
            assert 0 <= float(picture.min()) < float(picture.max()) <= 1
    assert not np.array_equal(exact.face, rough.face)
    np.testing.assert_allclose(rough.face, exact.face, atol=0.02)


@pytest.mark.parametrize("model", [SEEING, SEPARATE], ids=["shared", "separate"])
def test_a_swap_needs_the_parts_of_one_identity_and_is_the_same_call(model):
    images, masks = batch()
    params = params_of(model)
    outputs = show(params, images, masks, model=model)
    for at, name in enumerate(NAMES):
        own = topologies.of_some(params, [name])
        assert set(own["decoders"]) == {name}
        alone = show(own, images[:, at : at + 1], masks[:, at : at + 1], model=model, shown=(name,))
        swapped = swap(params, images[:, at], masks[:, at], model=model, to=name)
        for found in (jax.tree.map(lambda x: x[:, 0], alone), swapped):
            jax.tree.map(
                lambda x, y, at=at: np.testing.assert_allclose(x, y[:, at], atol=1e-6),
                found,
                outputs,
            )


def test_one_program_serves_all_identities():
    params, (images, _) = params_of(TINY), batch()
    before = swap_one._cache_size()
    faces = [swap(params, images[:, 0], model=TINY, to=name).face for name in NAMES]
    assert swap_one._cache_size() <= before + 1
    assert float(jnp.abs(faces[0] - faces[1]).max()) > 1e-3


def test_without_a_mask_head_there_is_no_mask():
    outputs = show.eval_shape(params_of(PLAIN), batch()[0], model=PLAIN)
    assert outputs.mask is None


def test_an_identity_learns_from_its_own_images_alone():
    images, _ = batch()
    params = params_of(TINY)

    def loss(params):
        return jnp.sum(building.build(TINY)(params, images, shown=NAMES).face[:, 1])

    gradient = jax.jit(jax.grad(loss))(params)
    largest = {
        name: float(jnp.abs(gradient["decoders"][name]["Conv_0"]["kernel"]).max()) for name in NAMES
    }
    assert {name for name, value in largest.items() if value > 0} == {"ben"}
    assert float(jnp.abs(gradient["encoder"]["Downscale_0"]["Conv_0"]["kernel"]).max()) > 0


@pytest.mark.parametrize("names", [("anna",), ("anna", "anna"), ()])
def test_one_identity_is_refused(names):
    with pytest.raises(ValueError, match="two identities or more with different names"):
        params_of(TINY, names=names)


def test_as_many_must_be_shown_as_there_are_images():
    images, _ = batch(num_identities=2)
    with pytest.raises(ValueError, match=r"hold 2 identities .* 3 are shown: anna, ben, cleo"):
        show(params_of(TINY), images, model=TINY)


def test_an_identity_without_parameters_is_named():
    images, _ = batch(num_identities=1)
    own = topologies.of_some(params_of(TINY), ["ben"])
    with pytest.raises(ValueError, match="no decoder of 'anna', but of ben"):
        show(own, images, model=TINY, shown=("anna",))
    with pytest.raises(ValueError, match="no decoder of 'zoe', but of anna, ben, cleo"):
        topologies.of_one(params_of(TINY), "zoe")


def test_a_mask_encoder_asks_for_masks():
    images, _ = batch()
    with pytest.raises(ValueError, match="pass `masks`"):
        show(params_of(SEPARATE), images, model=SEPARATE)


def test_what_is_seen_is_judged_of_the_input_whoever_is_put_on():
    params, (images, _) = params_of(SEEING), batch()
    first, second = (swap(params, images[:, 0], model=SEEING, to=name) for name in NAMES[:2])
    np.testing.assert_array_equal(first.visible, second.visible)
    assert float(jnp.abs(first.mask - second.mask).max()) > 1e-3
    # A change of one corner is seen there, and far from it nothing changes: no bottleneck.
    corner = images[:, 0].at[:, 0, 0].add(0.5)
    changed = swap(params, corner, model=SEEING, to=NAMES[0])
    difference = jnp.abs(changed.visible - first.visible)
    assert float(difference[:, :2, :2].max()) > 1e-4
    np.testing.assert_array_equal(difference[:, -1, -1], 0)
