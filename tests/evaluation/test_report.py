"""The report of a real evaluation, read back as a machine and as a browser would."""

import csv
import dataclasses
import html.parser
import json
import re

import numpy as np
import pytest

from jaxswap import config, errors, images
from jaxswap.evaluation import clip, clip_results, identity, plots, report, validation_chips

VOID = {"meta", "img", "source", "link", "br", "hr", "input"}


class Page(html.parser.HTMLParser):
    """Elements of a page, and whether they are well nested."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def run(make_run):
    made = make_run(mask=config.MaskHead(features=(4, 4)))
    lines = [
        {"step": s, "loss": 1 / s, "loss/a": 1 / s, "loss/b": 2 / s} for s in range(20, 400, 20)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (made.path / "metrics.jsonl").write_text(text + '{"step": 400, "lo', encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def on_chips(run, validation):
    return validation_chips.evaluate_chips(run, validation)


@pytest.fixture(scope="module")
def on_clip(before, tmp_path_factory, frames_u8, write_clip):
    """A darker copy and the footage itself as candidates; identities as if they were measured."""
    dark = write_clip(
        tmp_path_factory.mktemp("dark") / "dark.mp4", [frame_u8 // 2 for frame_u8 in frames_u8]
    )
    found = clip.compare(
        before,
        {"swap": before, "dark": dark},
        faces=config.FacesConfig(),
        swap=clip_results.SwappedIdentities(from_identity="a", to_identity="b"),
    )
    near, far = (identity.Distances(pairs=d, center=d - 0.1) for d in (0.4375, 0.875))
    return dataclasses.replace(
        found,
        identities=clip_results.IdentityFigures(
            described=14, footage={"a": near, "b": far}, scatter={"a": 0.25, "b": None}, apart=0.9
        ),
        no_identities=None,
        candidates={
            **found.candidates,
            "swap": dataclasses.replace(found.candidates["swap"], identities={"a": far, "b": near}),
        },
    )


@pytest.fixture(scope="module")
def made(run, on_chips, on_clip):
    runs = {"swap": report.RunResults(run=run, chips=on_chips)}
    return report.Report(runs=runs, clip=on_clip)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, made):
    out = tmp_path_factory.mktemp("report") / "with space" / "report"
    assert report.write(out, made) == out / "report.html"
    return out


@pytest.fixture(scope="module")
def page(folder):
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def values(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_json_holds_every_figure(values, run, on_chips, on_clip):
    figures = {figure["key"]: figure for figure in values["figures"]}
    assert figures["clip/landmark_error"]["values"]["swap"] == 0.0
    assert figures["clip/landmark_error"]["better"] == "lower"
    assert figures["clip/landmark_error"]["best"] == ["swap"]
    assert figures["clip/identity_distance/b"]["values"] == {"footage": 0.875, "swap": 0.4375}
    face = on_chips.reconstructions["b"].face
    assert figures["reconstruction/b/face/psnr"]["values"] == {"swap": face.psnr}
    swap = values["candidates"]["swap"]
    assert swap["run"]["step"] == 7
    assert swap["run"]["parameters_sha256"] == run.fingerprint()
    assert swap["run"]["chips"]["b"]["face"] == dataclasses.asdict(face)
    assert values["candidates"]["dark"]["run"] is None
    assert swap["clip"]["frames"] == values["footage"]["frames"] == on_clip.frames
    assert swap["clip"]["expression"]["raw"]["mouth"] == 0.0
    assert swap["clip"]["courses"]["yaw"]["error"] == 0.0
    assert values["identities"]["scatter"] == {"a": 0.25, "b": None}
    assert [note.split(" in only ")[0] for note in values["notes"]] == [
        f"{name} visibly changed the face" for name in ("swap", "dark")
    ]


def test_tables_hold_the_same_figures(folder, values):
    with (folder / "report.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = {
        row["key"]: {n: float(row[n]) for n in ("footage", "swap", "dark") if row[n]}
        for row in rows
    }
    assert found == {figure["key"]: figure["values"] for figure in values["figures"]}
    assert {row["better"] for row in rows} >= {"higher", "lower"}


def test_frames_are_listed_for_each_candidate(folder, on_clip):
    with (folder / "frames.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["candidate"] for row in rows] == ["footage"] * 14 + ["swap"] * 14 + ["dark"] * 14
    swap = rows[14:28]
    assert [int(row["frame"]) for row in swap] == list(range(14))
    assert {row["mask_overlap"] for row in swap} == {"1.0"}
    assert {row["mask_overlap"] for row in rows[:14]} == {""}
    assert {row["yaw"] for row in rows[:14]} == {row["yaw"] for row in swap}
    assert {row["seam"] for row in swap} == {""}  # there is none, which is no number


def test_page_is_self_contained(page):
    assert page.all("script") == page.all("link") == page.all("iframe") == []
    sources = [image["src"] for image in page.all("img")]
    sources += [source["srcset"] for source in page.all("source")]
    assert all(source.startswith("data:image/") for source in sources)
    assert "url(" not in page.text
    assert "@import" not in page.text


def test_pictures_have_a_text_and_decode(page, on_clip):
    import base64

    shown = page.all("img")
    # Faces and whole frames of footage and candidates; two strips, a mask and a swap of each
    # identity; plots.
    of_clip = sum(len(p.faces_u8) + len(p.whole_u8) for p in on_clip.pictures)
    assert len(shown) == of_clip + 2 * 4 + len(plots.COURSES) + 1
    for picture in shown:
        assert len(picture["alt"]) > 10
        picture_u8 = images.decode_u8(base64.b64decode(picture["src"].split(",")[1]))
        assert min(picture_u8.shape[:2]) >= 16


def test_page_says_what_it_shows(page):
    assert "Synthetic pictures." in page.text
    assert "Identity distance to b" in page.text
    assert "0.438" in page.text
    assert "swap, dark beside the footage" in " ".join(page.text.split())
    assert "Worst frames of dark" in page.text
    assert "Frame 0" in page.text or "Frame 1" in page.text


def test_the_best_is_marked(page):
    best = [cell for cell in page.all("td") if "best" in (cell.get("class") or "").split()]
    assert len(best) >= 10


def test_pictures_are_those_that_were_measured(on_chips):
    pictures_u8 = on_chips.pictures["a"].inputs_u8
    strip_u8 = report._strip(pictures_u8)
    size = pictures_u8.shape[1]
    np.testing.assert_array_equal(strip_u8[:, size : 2 * size], pictures_u8[1])
    masks_u8 = report._strip(on_chips.pictures["a"].masks_u8)
    np.testing.assert_array_equal(masks_u8[..., 2], masks_u8[..., 0])


def test_the_same_results_make_the_same_page(folder, tmp_path, made):
    report.write(tmp_path, made)
    for name in ("report.html", "report.json", "report.csv", "frames.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_report_of_chips_alone(tmp_path, made):
    report.write(tmp_path, made)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    report.write(tmp_path, report.Report(runs=made.runs))
    assert not (tmp_path / "frames.csv").exists()
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
    values = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (values["footage"], values["candidates"]["swap"]["clip"]) == (None, None)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Frames swapped" not in page.text.split("How this was measured")[0]


def test_a_clip_without_faces(tmp_path, write_clip):
    noise = np.random.default_rng(0).integers(90, 160, (3, 96, 128, 3), dtype=np.uint8)
    plain = write_clip(tmp_path / "plain.mp4", list(noise))
    found = clip.compare(plain, {"x": plain}, faces=config.FacesConfig())
    report.write(tmp_path, report.Report(clip=found))
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "No face was found in the footage" in page.text
    values = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert values["candidates"]["x"]["clip"]["expression"] is None


def test_names_are_escaped(tmp_path, on_clip):
    swap = clip_results.SwappedIdentities(from_identity="<b>a", to_identity="b")
    hostile = dataclasses.replace(
        on_clip, file='"><script>alert(1)</script>.mp4', swap=swap, identities=None
    )
    report.write(tmp_path, report.Report(clip=hostile))
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.all("script") == page.all("b") == []
    assert "<b>a" in page.text


def test_numbers_that_are_none_become_null(tmp_path, run, on_chips):
    broken = dataclasses.replace(on_chips.reconstructions["a"].view, l1=float("nan"))
    found = dataclasses.replace(on_chips.reconstructions["a"], view=broken, face=None)
    results = dataclasses.replace(on_chips, reconstructions={"a": found})
    report.write(tmp_path, report.Report(runs={"x": report.RunResults(run=run, chips=results)}))
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert not re.search(r"NaN|Infinity", text)
    assert json.loads(text)["candidates"]["x"]["run"]["chips"]["a"]["view"]["l1"] is None


def test_a_place_that_cannot_be_written(tmp_path, made):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(errors.OutputError, match=r"cannot be written to .* --out"):
        report.write(tmp_path / "file", made)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "in the way"
