"""`python examples/digits.py`, as a user types it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from examples.lockstep.options import options_parser

_SCRIPT = Path(__file__).parents[2] / "examples" / "digits.py"


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run from another folder: nothing depends on where it is started."""
    command = [sys.executable, str(_SCRIPT), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_one_epoch_on_sixty_digits(tmp_path: Path) -> None:
    """The table has one row, the verdict speaks of both, and 60 digits are too few for 97 %."""
    done = _run(tmp_path, "--limit", "60", "--epochs", "1")
    assert done.stderr == ""
    assert done.returncode == 1
    assert "60 images, 360 more held out" in done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines()[3:6]] == ["training", "epoch", "1"]
    assert "not both at least 97%. refcnn" in " ".join(done.stdout.split())


def test_help_says_what_the_status_means() -> None:
    """A script that calls this one goes by the status."""
    text = options_parser(None).format_help()
    assert "0  both recognise at least 97 % of the held-out images" in text


def test_a_wrong_folder_ends_with_one_sentence(tmp_path: Path) -> None:
    """Status 2 and no traceback."""
    done = _run(tmp_path, "--mnist", "nowhere")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == "digits.py: error: there is no folder nowhere"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            "--epochs 0", "--epochs: expected a whole number of at least 1, got 0$", id="zero"
        ),
        pytest.param("--batch-size 2.5", r"of at least 1, got '2\.5'$", id="a fraction"),
        pytest.param("--limit -3", "of at least 1, got -3$", id="a negative limit"),
        pytest.param("--seed -1", "of at least 0, got -1$", id="a negative seed"),
        pytest.param("--lr nan", "--lr: expected a number above 0, got nan$", id="NaN"),
        pytest.param("--lr inf", "--lr: expected a number above 0, got inf$", id="infinity"),
        pytest.param("--momentum 1", "a number from 0 to below 1, got 1$", id="momentum"),
    ],
)
def test_an_option_is_refused_that_is(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the option, what is expected and what was found."""
    with pytest.raises(SystemExit):
        options_parser(None).parse_args(arguments.split())
    assert re.search(message, capsys.readouterr().err)
