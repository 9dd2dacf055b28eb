"""What a reader meets of runs on validation chips."""

import pytest

from jaxswap.evaluation import chip_figures, validation_chips

VIEW = validation_chips.Quality(l1=0.1, ssim=0.5, psnr=20.0)
FACE = validation_chips.Quality(l1=0.05, ssim=0.75, psnr=30.0)


def results(**reconstructions) -> validation_chips.ChipResults:
    return validation_chips.ChipResults(
        step=7, parameters_sha256="0", reconstructions=reconstructions, pictures={}
    )


def reconstruction(face=FACE, lpips=None) -> validation_chips.Reconstruction:
    return validation_chips.Reconstruction(
        chips=12, view=VIEW, face=face, lpips=lpips, mask_overlap=None
    )


def made(**runs):
    return {figure.key: figure for figure in chip_figures.of_runs(runs)}


def test_quality_is_told_inside_the_face():
    found = made(x=results(anna=reconstruction()))
    assert list(found) == [f"reconstruction/anna/face/{key}" for key in ("l1", "ssim", "psnr")]
    assert [figure.shown("x") for figure in found.values()] == ["0.0500", "0.750", "30.0 dB"]
    assert [figure.better for figure in found.values()] == ["lower", "higher", "higher"]
    assert (
        "on 12 held-out chips of anna that anna's" in found["reconstruction/anna/face/l1"].meaning
    )


def test_one_run_without_a_mask_makes_all_be_told_of_the_view():
    found = made(x=results(anna=reconstruction()), y=results(anna=reconstruction(face=None)))
    assert found["reconstruction/anna/view/psnr"].values == {"x": 20.0, "y": 20.0}
    assert found["reconstruction/anna/view/psnr"].name == "PSNR of anna, of the view"


def test_runs_may_have_other_identities():
    found = made(x=results(anna=reconstruction()), y=results(ben=reconstruction()))
    assert found["reconstruction/anna/face/l1"].values == {"x": 0.05}
    assert found["reconstruction/ben/face/l1"].values == {"y": 0.05}


@pytest.mark.parametrize(("lpips", "values"), [(None, None), (0.25, {"x": 0.25})])
def test_lpips_is_told_where_it_was_measured(lpips, values):
    found = made(x=results(anna=reconstruction(lpips=lpips)), y=results(anna=reconstruction()))
    figure = found.get("reconstruction/anna/view/lpips")
    assert (figure and figure.values) == values
