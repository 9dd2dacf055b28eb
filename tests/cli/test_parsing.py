"""Command lines become frozen commands, and a wrong one becomes one line that names the remedy."""

import inspect
import shlex
import subprocess
import sys

import pytest

from jaxswap import config, errors, presets
from jaxswap.cli import commands, parsing

TRAIN = ("train", "--identity", "a=x", "--identity", "b=y", "--run", "r")
HEAVY = {"jax", "flax", "orbax", "grain", "cv2", "av", "tensorflow_datasets", "numpy", "matplotlib"}


def test_every_value_is_a_dotted_option():
    command = parsing.parse(
        [
            *TRAIN,
            *shlex.split("--train.batch-size 8 --model.mask.own-encoder --data.chip-size 120"),
            *shlex.split("--optimizer.ema 0 --augmentation.flip 0.5 --loss.dssim 0.5"),
        ]
    )
    made = command.configuration
    assert (made.train.batch_size, made.data.chip_size) == (8, 120)
    assert made.model.mask == config.MaskHead(features=(32, 16, 8), own_encoder=True)
    assert (made.optimizer.ema, made.augmentation.flip, made.loss.dssim) == (0, 0.5, 0.5)


def test_steps_and_seed_have_no_prefix():
    made = parsing.parse([*TRAIN, "--steps", "7", "--seed", "3"]).configuration
    assert (made.steps, made.seed) == (7, 3)


def test_without_options_a_run_is_the_quick_preset():
    command = parsing.parse(list(TRAIN))
    assert command.configuration == presets.QUICK
    assert command.preset == "quick"


@pytest.mark.parametrize(
    "form", [("--preset", "original-2017-mask"), ("--preset=original-2017-mask",)]
)
def test_preset_gives_the_defaults_that_options_change(form):
    command = parsing.parse([*TRAIN, *form, "--steps", "9"])
    assert command.preset == "original-2017-mask"
    assert command.configuration.model == presets.ORIGINAL_2017_MASK.model
    assert command.configuration.steps == 9


def test_identities_keep_their_order_and_may_be_many():
    command = parsing.parse([*TRAIN, "--identity", "c=z"])
    assert command.identity == ("a=x", "b=y", "c=z")


def test_convert_takes_from_and_to():
    command = parsing.parse(
        shlex.split("convert in.mp4 --run r --from a --to b --out o --blend poisson --track all")
    )
    assert (command.from_identity, command.to_identity) == ("a", "b")
    assert (command.footage, command.out) == ("in.mp4", "o")
    assert (command.options.blend, command.options.track) == ("poisson", "all")


@pytest.mark.parametrize("line", ["extract 1.mp4 2.mp4 --out o", "extract --out o 1.mp4 2.mp4"])
def test_extract_takes_footage_before_or_after_options(line):
    command = parsing.parse(shlex.split(f"{line} --faces.min-score 0.5"))
    assert command.footage == ("1.mp4", "2.mp4")
    assert command.faces.min_score == 0.5


def test_compare_takes_several_at_once_and_again():
    command = parsing.parse(
        shlex.split("evaluate --compare x=1.mp4 y=2.mp4 --reference f --out o --compare z=3.mp4")
    )
    assert command.compare == (("x=1.mp4", "y=2.mp4"), ("z=3.mp4",))
    assert command.reference == "f"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ("trian", "Unknown command 'trian'. Did you mean 'train'?"),
        ("", "Name a command: extract, build, train"),
        ("train --preset original", "Did you mean 'original-2017'?"),
        ("info --preset quik", "Did you mean 'quick'?"),
        ("info", "either a PATH or a --preset"),
        ("info --preset quick x", "either a PATH or a --preset"),
        ("train --run r --identity a=x --identity b=y --train.batchsize 8", "--train.batch-size"),
        ("train --identity a=x --identity b=y", "--run"),
        ("train --run r --identity a=x", "two or more identities, not 1"),
        ("train --run r --identity a=x --identity a=y", "Two are named 'a'"),
        ("train --run r --identity a=x --identity y", "NAME=PATH"),
        ("train --run r --identity a=x --identity b/c=y", "letters, digits"),
        ("train --run r --identity a=x --identity b=y --steps 0", "--steps must be >= 1, not 0"),
        ("train --run r --identity a=x --identity b=y --seed x", "--seed"),
        ("train --run r --identity a=x --identity b=y --model.precision own", "'exact'"),
        ("extract --out o", "one or more video files"),
        ("build --out o", "one or more facesets"),
        ("evaluate --run r --out o --footage f", "go together"),
        ("evaluate --out o", "either --run RUN or --compare"),
        ("evaluate --run r --compare a=x --reference f --out o", "either --run RUN or --compare"),
        ("evaluate --compare a=x --out o", "--compare and --reference go together"),
        ("evaluate --compare a=x a=y --reference f --out o", "Two are named 'a'"),
        ("evaluate --compare footage=x --reference f --out o", "another name"),
        ("evaluate --compare a=x --reference f --from a --out o", "give both or none"),
        ("evaluate --compare x=v --reference f --identity a=s --out o", "neither --from nor --to"),
        ("convert f --run r", "--out"),
        ("convert f --run r --from a --out o", "--from and --to, or --map"),
        ("convert f --run r --map a=b --from a --out o", "leave out --from, --to and --track"),
        ("convert f --run r --map a=b --track all --out o", "leave out --from, --to and --track"),
        ("convert f --run r --map a --out o", "PERSON=IDENTITY"),
        ("convert f --run r --map a=b --map a=c --out o", "'a' is mapped twice"),
    ],
)  # fmt: skip
def test_wrong_command_line_is_one_line(argv, said):
    with pytest.raises(errors.UsageError) as caught:
        parsing.parse(argv.split())
    line = str(caught.value)
    assert said in line
    assert "\n" not in line
    assert "│" not in line


def test_text_without_a_frame_stays():
    assert parsing.one_line("something\n else") == "something else"


@pytest.mark.parametrize("argv", [["--help"], *([name, "--help"] for name in commands.COMMANDS)])
def test_help_is_printed(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        parsing.parse(argv)
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert "usage: jaxswap" in printed
    assert "{None}" not in printed
    assert argv == ["--help"] or "Example: jaxswap" in printed


def test_the_overview_says_what_each_command_says():
    text = " ".join(commands.overview().split())
    for name, named in commands.COMMANDS.items():
        assert inspect.getdoc(parsing.load(name)).splitlines()[0] == named.summary
        assert f" {name} {named.summary}" in text


@pytest.mark.parametrize("columns", [1, 40, 80, 200])
def test_the_overview_fits_the_terminal(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    longest = max(map(len, commands.overview().splitlines()))
    assert longest <= min(max(columns, 40), 100)


@pytest.mark.parametrize("argv", [["--help"], *([name, "--help"] for name in commands.COMMANDS)])
def test_help_loads_nothing_heavy(argv):
    program = (
        "import sys\n"
        "from jaxswap.cli import main\n"
        "try:\n    main.run(sys.argv[1:])\n"
        "finally:\n    print(*sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *argv], capture_output=True, text=True, check=True
    )
    assert HEAVY.isdisjoint(done.stdout.splitlines()[-1].split())
