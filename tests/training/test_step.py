import dataclasses

import jax
import numpy as np
import pytest

from jaxswap import config
from jaxswap.training import sharding, state, step


@pytest.fixture(scope="module")
def mesh():
    return sharding.make_mesh()


def run_steps(tiny, mesh, configuration, count):
    loader = tiny.MemoryLoader(configuration)
    current = state.create(configuration, num_identities=2)
    step_fn = step.make_step(configuration, mesh)
    losses = []
    for _ in range(count):
        current, values = step_fn(current, sharding.put_batch(next(loader), mesh))
        losses.append(float(values["loss"]))
    return current, losses, step_fn


def test_a_step_is_compiled_once_and_uses_its_state_up(tiny, mesh):
    loader = tiny.MemoryLoader(tiny.CONFIG)
    everywhere = sharding.replicated(mesh)
    first = jax.jit(lambda: state.create(tiny.CONFIG, num_identities=2), out_shardings=everywhere)()
    step_fn = step.make_step(tiny.CONFIG, mesh)
    current = first
    for _ in range(3):
        current, _ = step_fn(current, sharding.put_batch(next(loader), mesh))
    assert step_fn._cache_size() == 1
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(first.params))
    assert int(current.step) == 3


def test_the_loss_falls(tiny, mesh):
    _, losses, _ = run_steps(tiny, mesh, tiny.CONFIG, 80)
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:5])


def test_the_average_follows_the_parameters(tiny, mesh):
    after, _, _ = run_steps(tiny, mesh, tiny.CONFIG, 1)
    before = state.create(tiny.CONFIG, num_identities=2)
    # The first decay is (1 + 0) / (10 + 0).
    expected = jax.tree.map(lambda old, new: 0.1 * old + 0.9 * new, before.params, after.params)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), after.ema, expected
    )
    without = dataclasses.replace(
        tiny.CONFIG, optimizer=dataclasses.replace(tiny.CONFIG.optimizer, ema=0.0)
    )
    assert state.create(without, num_identities=2).ema is None


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


def test_more_than_two_identities_train_together(mesh, tiny):
    configuration = tiny.CONFIG
    images, regions = tiny.chips(3)
    batch = {
        "image": np.stack([images[:8]] * 3, axis=1),
        "regions": np.stack([regions[:8]] * 3, axis=1),
    }
    current = state.create(configuration, num_identities=3)
    _, values = step.make_step(configuration, mesh)(current, sharding.put_batch(batch, mesh))
    assert {"loss/0", "loss/1", "loss/2"} <= set(values)


def test_a_separate_mask_encoder_trains(mesh, tiny):
    model = dataclasses.replace(tiny.CONFIG.model, mask_encoder="separate")
    configuration = dataclasses.replace(tiny.CONFIG, model=model)
    after, losses, _ = run_steps(tiny, mesh, configuration, 2)
    before = state.create(configuration, num_identities=2)
    moved = [
        np.abs(a - b).max() > 0
        for a, b in zip(
            jax.tree.leaves(before.params["mask_encoder"]),
            jax.tree.leaves(after.params["mask_encoder"]),
            strict=True,
        )
    ]
    assert any(moved)
    assert np.isfinite(losses).all()


def test_the_state_is_a_function_of_the_seed(tiny):
    first = state.create(tiny.CONFIG, num_identities=2)
    again = state.create(tiny.CONFIG, num_identities=2)
    other = state.create(dataclasses.replace(tiny.CONFIG, seed=6), num_identities=2)
    jax.tree.map(np.testing.assert_array_equal, first.params, again.params)
    kernels = [jax.tree.leaves(s.params["encoder"])[1] for s in (first, other)]
    assert np.abs(kernels[0] - kernels[1]).max() > 0


def test_unknown_configuration_keys_are_refused(tiny):
    values = config.to_dict(tiny.CONFIG)
    assert config.from_dict(config.Config, values) == tiny.CONFIG
    with pytest.raises(ValueError, match="learningrate"):
        config.from_dict(config.Config, values | {"learningrate": 1})
