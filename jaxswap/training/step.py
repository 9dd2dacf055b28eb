"""The training step: augmentation, forward, loss and update of all identities in one call."""

from collections.abc import Sequence
from typing import Any, Protocol, cast, runtime_checkable

import jax
import jax.numpy as jnp
import optax
from jax import lax, stages
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, UInt8

from jaxswap import config, rngs
from jaxswap.augmentation import recipe
from jaxswap.losses import weighting
from jaxswap.models import building, topologies
from jaxswap.training import memory, optimizers, sharding, state

Metrics = dict[str, Float[Array, ""]]
Batch = dict[str, UInt8[Array, "b i h w 3"]]


@runtime_checkable
class Step(Protocol):
    """What `make_step` gives: a function that JAX compiles at its first call, or from shapes."""

    def __call__(
        self, before: state.TrainState, batch: Batch, /
    ) -> tuple[state.TrainState, Metrics]: ...

    def lower(
        self, before: state.TrainState, batch: dict[str, jax.ShapeDtypeStruct], /
    ) -> stages.Lowered: ...


def augmented_batch(
    configuration: config.Config, step: jax.Array, batch: Batch
) -> recipe.Augmented:
    """What the networks see of a batch at a step, and what they should make of it."""
    key = rngs.stream(jax.random.key(configuration.seed), "augmentation", step)
    return recipe.augment(
        key,
        batch["image"],
        batch["regions"],
        size=configuration.model.image_size,
        augmentation=configuration.augmentation,
    )


def loss_and_parts(
    params: topologies.Params,
    configuration: config.Config,
    batch: recipe.Augmented,
    *,
    identities: Sequence[str],
) -> tuple[Float[Array, ""], Metrics]:
    """The loss of all identities on an augmented batch, which has them in the order given."""
    net = building.build(configuration.model)
    outputs = net(params, batch.warped, shown=identities, masks=batch.warped_regions[..., :1])
    loss, parts = weighting.training_loss(
        outputs, batch.target, batch.target_regions, batch.warped_visible, configuration.loss
    )
    by_name = {f"loss/{index}": f"loss/{name}" for index, name in enumerate(identities)}
    return loss, {by_name.get(part, part): value for part, value in parts.items()}


def mean_gradients(
    configuration: config.Config,
    mesh: Mesh,
    params: topologies.Params,
    batch: recipe.Augmented,
    *,
    identities: Sequence[str],
) -> tuple[Float[Array, ""], Metrics, topologies.Params]:
    """Loss, its parts and its gradients, which are split as the parameters are.

    Each device works out those of its own pictures. All are means over pictures, and the devices
    have equally many, so the mean over the devices is that over the batch. What is sent is said
    here and not left to XLA, which for the sake of a split gradient might send pictures.
    """
    held = jax.tree.map(lambda leaf: sharding.split(leaf.shape, mesh).spec, params)

    def alone(params: topologies.Params, batch: recipe.Augmented) -> tuple[Any, Any, Any]:
        (loss, parts), gradients = jax.value_and_grad(loss_and_parts, has_aux=True)(
            params, configuration, batch, identities=identities
        )
        return loss, parts, gradients

    if mesh.devices.size == 1:
        # A sum over one device would be a copy of all gradients, and keep all of them until then.
        return alone(params, batch)

    def own(params: topologies.Params, batch: recipe.Augmented) -> tuple[Any, Any, Any]:
        whole = jax.tree.map(_gather, params, held)
        loss, parts, gradients = alone(whole, batch)
        loss, parts = lax.pmean((loss, parts), sharding.AXES)
        return loss, parts, jax.tree.map(_mean, gradients, held)

    everywhere = PartitionSpec()
    return jax.shard_map(
        own,
        mesh=mesh,
        in_specs=(held, sharding.batched(mesh).spec),
        out_specs=(everywhere, everywhere, held),
        check_vma=False,
    )(params, batch)


def _gather(own: Array, spec: PartitionSpec) -> Array:
    """An array of the state whole, from each device's part."""
    if "fsdp" not in spec:
        return own
    return lax.all_gather(own, "fsdp", axis=spec.index("fsdp"), tiled=True)


def _mean(gradient: Array, spec: PartitionSpec) -> Array:
    """A gradient's mean over the devices, or the device's part of that."""
    if "fsdp" not in spec:
        return lax.pmean(gradient, sharding.AXES)
    axis, parts = spec.index("fsdp"), lax.axis_size("fsdp")
    own = lax.psum_scatter(gradient, "fsdp", scatter_dimension=axis, tiled=True)
    return lax.pmean(own / parts, "data")


def update(
    configuration: config.Config,
    mesh: Mesh,
    before: state.TrainState,
    batch: Batch,
    *,
    identities: Sequence[str],
) -> tuple[state.TrainState, Metrics]:
    """One update: the state after it, and the loss with its parts."""
    augmented = augmented_batch(configuration, before.step, batch)
    loss, parts, gradients = mean_gradients(
        configuration, mesh, before.params, augmented, identities=identities
    )
    optimizer = optimizers.make_optimizer(configuration.optimizer)
    updates, opt_state = optimizer.update(gradients, before.opt_state, before.params)
    # optax says only that these are trees; they are the trees that go in.
    params = cast(topologies.Params, optax.apply_updates(before.params, updates))
    # Not `optax.tree.norm`, which on CPU stores the squares of all gradients.
    gradient_norm = jnp.sqrt(optax.tree.vdot(gradients, gradients))
    newly_diverged = (before.diverged_at < 0) & ~jnp.isfinite(loss + gradient_norm)
    after = state.TrainState(
        step=before.step + 1,
        diverged_at=jnp.where(newly_diverged, before.step + 1, before.diverged_at),
        params=params,
        opt_state=opt_state,
        ema=_average(configuration.optimizer.ema, before, params),
    )
    return after, {"loss": loss, "gradient_norm": gradient_norm, **parts}


def make_step(configuration: config.Config, mesh: Mesh, *, identities: Sequence[str]) -> Step:
    """`update`, compiled for the mesh; the state that it is given is used up.

    Args:
        configuration: of the run.
        mesh: the devices.
        identities: names, in the order of the batch's second axis.
    """
    held = sharding.split_all(state.shapes(configuration, identities=identities), mesh)

    def step(before: state.TrainState, batch: Batch) -> tuple[state.TrainState, Metrics]:
        return update(configuration, mesh, before, batch, identities=identities)

    return jax.jit(
        step,
        in_shardings=(held, sharding.batched(mesh)),
        out_shardings=(held, sharding.replicated(mesh)),
        donate_argnums=0,
        compiler_options=compiler_options(mesh),
    )


def compile_step(
    configuration: config.Config, mesh: Mesh, *, identities: Sequence[str]
) -> stages.Compiled:
    """The step of `make_step`, compiled now, from shapes alone."""
    size = configuration.data.chip_size
    pictures = jax.ShapeDtypeStruct(
        (configuration.train.batch_size, len(identities), size, size, 3), jnp.uint8
    )
    before = state.shapes(configuration, identities=identities)
    step = make_step(configuration, mesh, identities=identities)
    compiled = step.lower(before, {"image": pictures, "regions": pictures}).compile()
    memory.give_back()
    return compiled


def compiler_options(mesh: Mesh) -> dict[str, bool]:
    """What the compiler of the mesh's platform should do other than by default."""
    if mesh.devices.flat[0].platform != "cpu":
        return {}
    # Else XLA:CPU copies parameters and moments before it writes them in place: a quarter of the
    # step's memory, and the time to write it.
    return {"xla_cpu_copy_insertion_use_region_analysis": True}


def _average(
    decay: float, before: state.TrainState, params: topologies.Params
) -> topologies.Params | None:
    if before.ema is None:
        return None
    # A young average forgets faster, or it would remember the initial values for long.
    step = before.step.astype(jnp.float32)
    now = jnp.minimum(decay, (1 + step) / (10 + step))
    return cast(topologies.Params, optax.incremental_update(params, before.ema, 1 - now))
