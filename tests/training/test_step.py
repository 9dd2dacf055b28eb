import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap import config
from jaxswap.training import sharding, state, step


@pytest.fixture(scope="module")
def mesh():
    return sharding.make_mesh()


def run_steps(tiny, mesh, configuration, count):
    loader = tiny.MemoryLoader(configuration)
    current = tiny.create(mesh, configuration)
    step_fn = step.make_step(configuration, mesh, identities=tiny.IDENTITIES)
    losses = []
    for _ in range(count):
        current, values = step_fn(current, sharding.put_batch(next(loader), mesh))
        losses.append(float(values["loss"]))
    return current, losses, step_fn


def test_a_step_is_compiled_once_and_uses_its_state_up(tiny, mesh):
    loader = tiny.MemoryLoader(tiny.CONFIG)
    first = tiny.create(mesh)
    step_fn = step.make_step(tiny.CONFIG, mesh, identities=tiny.IDENTITIES)
    current = first
    for _ in range(3):
        current, _ = step_fn(current, sharding.put_batch(next(loader), mesh))
    assert step_fn._cache_size() == 1
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(first.params))
    assert int(current.step) == 3


def test_one_device_sums_nothing_over_devices(tiny, mesh):
    params = state.shapes(tiny.CONFIG, identities=tiny.IDENTITIES).params
    pictures = jax.ShapeDtypeStruct((8, 2, tiny.CHIP_SIZE, tiny.CHIP_SIZE, 3), jnp.uint8)
    zero = jax.ShapeDtypeStruct((), jnp.int32)
    batch = {"image": pictures, "regions": pictures}
    augmented = jax.eval_shape(
        lambda n, batch: step.augmented_batch(tiny.CONFIG, n, batch), zero, batch
    )

    def program(devices):
        return str(
            jax.make_jaxpr(
                lambda params, batch: step.mean_gradients(
                    tiny.CONFIG, devices, params, batch, identities=tiny.IDENTITIES
                )
            )(params, augmented)
        )

    several = sharding.make_mesh(devices=jax.devices() * 2)
    assert "psum" not in program(mesh)
    assert "psum" in program(several)


def test_a_third_identity_changes_nothing_of_the_others(tiny, mesh):
    two, three = (tiny.create(mesh, identities=names).params for names in ("ba", "acb"))
    for name in "ab":
        np.testing.assert_equal(
            *(jax.device_get(params["decoders"][name]) for params in (two, three))
        )
    np.testing.assert_equal(*(jax.device_get(params["encoder"]) for params in (two, three)))


def test_a_gradient_beyond_float32_is_noticed_though_the_loss_is_finite(tiny, mesh):
    flat, tree = jax.tree_util.tree_flatten_with_path(tiny.create(mesh).params)
    # The last convolution's gradient is its input times the error; Adam squares it.
    values = {"decoders/a/Upscale_0/Conv_0/bias": 1e25, "decoders/a/Conv_0/kernel": 0.0}
    leaves = []
    for path, leaf in flat:
        value = values.pop(jax.tree_util.keystr(path, simple=True, separator="/"), None)
        leaves.append(leaf if value is None else jnp.full_like(leaf, value))
    assert not values
    current = tiny.create(mesh).replace(params=jax.tree.unflatten(tree, leaves))
    batch = sharding.put_batch(next(tiny.MemoryLoader(tiny.CONFIG)), mesh)
    after, metrics = step.make_step(tiny.CONFIG, mesh, identities=tiny.IDENTITIES)(current, batch)
    assert np.isfinite(float(metrics["loss"]))
    assert int(after.diverged_at) == 1
    assert not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(after.opt_state))


def test_the_loss_falls(tiny, mesh):
    _, losses, _ = run_steps(tiny, mesh, tiny.CONFIG, 80)
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:5])


def test_the_average_follows_the_parameters(tiny, mesh):
    after, _, _ = run_steps(tiny, mesh, tiny.CONFIG, 1)
    before = tiny.create(mesh)
    # The first decay is (1 + 0) / (10 + 0).
    expected = jax.tree.map(lambda old, new: 0.1 * old + 0.9 * new, before.params, after.params)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), after.ema, expected
    )
    without = dataclasses.replace(
        tiny.CONFIG, optimizer=dataclasses.replace(tiny.CONFIG.optimizer, ema=0.0)
    )
    abstract = jax.eval_shape(lambda: state.create(without, identities=tiny.IDENTITIES))
    assert abstract.ema is None


def test_bfloat16_keeps_float32_parameters_and_stays_near(tiny, mesh):
    half = dataclasses.replace(
        tiny.CONFIG, model=dataclasses.replace(tiny.CONFIG.model, dtype="bfloat16")
    )
    whole, losses, _ = run_steps(tiny, mesh, tiny.CONFIG, 3)
    coarse, coarse_losses, _ = run_steps(tiny, mesh, half, 3)
    assert {leaf.dtype for leaf in jax.tree.leaves(coarse.params)} == {np.dtype(np.float32)}
    np.testing.assert_allclose(coarse_losses, losses, rtol=0.02)
    different = [
        np.abs(a - b).max()
        for a, b in zip(jax.tree.leaves(whole.params), jax.tree.leaves(coarse.params), strict=True)
    ]
    assert max(different) > 0  # or the option did nothing


def test_three_identities_with_a_mask_encoder_train_together(mesh, tiny):
    model = dataclasses.replace(
        tiny.CONFIG.model, mask=config.MaskHead(features=(8,), own_encoder=True)
    )
    configuration = dataclasses.replace(tiny.CONFIG, model=model)
    images, regions = tiny.chips(3)
    batch = {
        "image": np.stack([images[:8]] * 3, axis=1),
        "regions": np.stack([regions[:8]] * 3, axis=1),
    }
    names = ("a", "b", "init")
    before = tiny.create(mesh, configuration, identities=names)
    kernels = jax.tree.map(np.array, before.params)
    after, values = step.make_step(configuration, mesh, identities=names)(
        before, sharding.put_batch(batch, mesh)
    )
    assert {"loss/a", "loss/b", "loss/init"} <= set(values)
    for part in ("encoder", "decoders", "mask_encoder", "mask_heads"):
        moved = jax.tree.map(
            lambda a, b: np.abs(a - b).max() > 0, kernels[part], after.params[part]
        )
        assert any(jax.tree.leaves(moved)), part


def test_the_state_is_a_function_of_the_seed(tiny, mesh):
    first, again = tiny.create(mesh), tiny.create(mesh)
    other = tiny.create(mesh, dataclasses.replace(tiny.CONFIG, seed=6))
    jax.tree.map(np.testing.assert_array_equal, first.params, again.params)
    kernels = [jax.tree.leaves(s.params["encoder"])[1] for s in (first, other)]
    assert np.abs(kernels[0] - kernels[1]).max() > 0


def test_unknown_configuration_keys_are_refused(tiny):
    values = config.to_dict(tiny.CONFIG)
    assert config.from_dict(config.Config, values) == tiny.CONFIG
    with pytest.raises(ValueError, match="learningrate"):
        config.from_dict(config.Config, values | {"learningrate": 1})
