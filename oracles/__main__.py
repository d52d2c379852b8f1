"""The command line, for everything that needs no pytest.

    python -m oracles validate CASE... --implementation my_cnn.py     judge
    python -m oracles validate --no-run CASE...                       check the files only
    python -m oracles show CASE --values                              what the right numbers are
    python -m oracles explain CASE                                    what is behind [observed]
    python -m oracles learn CASE --implementation my_cnn.py           your code, or your settings
    python -m oracles lockstep --implementation my_cnn.py             long training beside PyTorch
    python -m oracles audit                                           how good the judge is
    python -m oracles strength                                        how good the cases are

Exit status: 0 everything is right, 1 something is not, 2 the command cannot be carried out.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from oracles.case_paths import CommandError, case_files
from oracles.options import (
    DECIDING,
    DIAGNOSES,
    DTYPES,
    ORACLES,
    TIMEOUT,
    diagnoses,
    positive,
    positive_or_zero,
    rate,
    report,
    seconds,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return the exit status."""
    # One thread per process: default threads make the same run three to ten times slower.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    options = _parser().parse_args(arguments)
    try:
        return _carry_out(options)
    except CommandError as error:
        print(f"python -m oracles {options.command}: {error}", file=sys.stderr)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {
            "numpy",
            "pydantic",
            "rich",
            "scipy",
            "torch",
        }:
            raise
        print(
            f"{error.name} is not installed. Install the harness with\n"
            '  pip install "refcnn[oracles]"',
            file=sys.stderr,
        )
    except BrokenPipeError:  # `| head`: whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 2


def _carry_out(options: argparse.Namespace) -> int:
    if options.command == "show":
        return _show(options)
    if options.command == "explain":
        return _explain(options)
    if options.command == "learn":
        return _learn(options)
    if options.command == "lockstep":
        return _lockstep(options)
    if options.command == "audit":
        return _audit(options)
    if options.command == "strength":
        return _strength(options)
    return _check_files(options) if options.no_run else _validate(options)


def _show(options: argparse.Namespace) -> int:
    from oracles.show import show

    for line in show(options.case, options.dtype, values=options.values):
        print(line)
    return 0


def _explain(options: argparse.Namespace) -> int:
    from oracles.explain import explain, lines, write

    explanation = explain(options.case, options.dtype)
    print(*lines(explanation, verbose=options.verbose), sep="\n")
    if options.json is not None:
        write(explanation, options.json)
    return explanation.status


def _learn(options: argparse.Namespace) -> int:
    from oracles.learning.command import exit_status, run_learn
    from oracles.learning.telling.text import answer_lines

    answer = run_learn(options)
    print(*answer_lines(answer, verbose=options.verbose), sep="\n")
    return exit_status(answer)


def _lockstep(options: argparse.Namespace) -> int:
    from oracles.lockstep_command import Asked, exit_status, run_lockstep
    from oracles.reporting.lockstep_text import lockstep_lines

    asked = Asked(
        case=options.case,
        implementation=options.implementation,
        dtype=options.dtype,
        steps=options.steps,
        timeout=options.timeout,
        json=options.json,
        plot=options.plot,
    )
    result = run_lockstep(asked)
    print(*lockstep_lines(result), sep="\n")
    return exit_status(result)


def _audit(options: argparse.Namespace) -> int:
    from oracles.audit.command import audit

    return audit(options)


def _strength(options: argparse.Namespace) -> int:
    from oracles.strength.command import strength

    return strength(options)


def _check_files(options: argparse.Namespace) -> int:
    from oracles.reporting.wording import count
    from oracles.validate import check

    files = case_files(options.cases)
    checked = check(files)
    wrong = len(checked.problems)
    unusable = f"{wrong} of them cannot be used" if wrong else "nothing to refuse"
    summary = f"{count(len(files), 'file')} read, {unusable}"
    print(*checked.problems, *checked.remarks, summary, sep="\n")
    return 1 if wrong else 0


def _validate(options: argparse.Namespace) -> int:
    from oracles.validate import Asked, lines, validate

    asked = Asked(
        cases=tuple(options.cases),
        implementations=tuple(options.implementation),
        dtypes=tuple(options.dtype),
        oracles=tuple(options.oracle),
        timeout=options.timeout,
        reports=tuple(options.report),
        diagnose=options.diagnose,
    )
    run = validate(asked)
    for line in lines(run, verbose=options.verbose):
        print(line)
    return 1 if run.fails else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m oracles", description="Who knows the right answer.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_validate(commands.add_parser("validate", help="judge an implementation on case files"))
    _add_show(commands.add_parser("show", help="print a case and the numbers that are right"))
    _add_explain(commands.add_parser("explain", help="what is behind numbers somebody reported"))
    _add_learn(commands.add_parser("learn", help="your code, your settings, or both learn"))
    _add_lockstep(commands.add_parser("lockstep", help="train an implementation beside PyTorch"))
    _add_audit(commands.add_parser("audit", help="how good the judge is: false alarms, detection"))
    _add_strength(commands.add_parser("strength", help="which cases notice which mistakes"))
    return parser


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cases", nargs="+", metavar="CASE", help="file, folder or case id")
    parser.add_argument(
        "--implementation",
        action="append",
        default=[],
        metavar="SPEC",
        help="path/to/file.py[:object] or package[.module][:object]; repeatable",
    )
    parser.add_argument("--dtype", action="append", default=[], choices=DTYPES)
    parser.add_argument(
        "--oracle",
        action="append",
        default=[],
        choices=ORACLES,
        help=f"whose numbers count; repeatable (default: {' and '.join(DECIDING)})",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=TIMEOUT,
        metavar="S",
        help="seconds per item (default: 60)",
    )
    parser.add_argument(
        "--diagnose",
        type=diagnoses,
        default=DIAGNOSES,
        metavar="N|all|none",
        help="search so many failures of a kind for their cause, hold the others to the causes "
        f"found (default: {DIAGNOSES})",
    )
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        type=report,
        metavar="FILE",
        help=".json or .md; repeatable",
    )
    parser.add_argument("--no-run", action="store_true", help="check the case files only")
    parser.add_argument("-v", "--verbose", action="store_true", help="every failure, every name")


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="CASE", help="file or case id")
    parser.add_argument("--dtype", choices=DTYPES, help="default: the first one")
    parser.add_argument("--values", action="store_true", help="all numbers, not only their sizes")


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="CASE", help="file or case id, with [observed] numbers")
    parser.add_argument("--dtype", choices=DTYPES, help="default: the first one of the case")
    parser.add_argument("--json", metavar="FILE", help="everything, for programs")
    parser.add_argument("-v", "--verbose", action="store_true", help="rivals, evidence, all names")


def _add_learn(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="CASE", help="file or case id, with loss and optimizer")
    parser.add_argument(
        "--implementation",
        metavar="SPEC",
        help="yours: path/to/file.py[:object] or package[.module][:object]; without it PyTorch "
        "trains alone, and the settings are looked at",
    )
    parser.add_argument(
        "--data",
        metavar="DATA",
        help="samples in the place of those of the case: digits (scikit-learn's), a folder with "
        "idx files such as MNIST's, or a file .npy or idx",
    )
    parser.add_argument(
        "--labels", metavar="FILE", help="labels or targets for the samples of a file in --data"
    )
    parser.add_argument(
        "--limit", type=positive, metavar="N", help="learn from the first N samples of --data"
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--steps",
        type=positive,
        metavar="K",
        help="steps of training (default: those of the case, and at least 300)",
    )
    length.add_argument(
        "--epochs", type=positive, metavar="E", help="as many steps as see every sample E times"
    )
    parser.add_argument(
        "--batch-size",
        type=positive,
        metavar="B",
        help="samples of a step (default: as in the case)",
    )
    parser.add_argument(
        "--lr",
        type=rate,
        metavar="R",
        help="learning rate of the first step; schedules and groups keep their proportions "
        "(default: as in the case)",
    )
    parser.add_argument(
        "--seed",
        type=positive_or_zero,
        metavar="N",
        help="shuffle the samples anew in each epoch (default: in the order of the data)",
    )
    parser.add_argument("--dtype", choices=DTYPES, help="default: the first one of the case")
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=600.0,
        metavar="S",
        help="seconds that the implementation may train (default: 600)",
    )
    parser.add_argument("--json", metavar="FILE", help="everything, for programs")
    parser.add_argument(
        "--plot",
        metavar="FILE",
        help="loss, accuracy, spread of the outputs, gradients: .png, .svg or .pdf; needs "
        "matplotlib",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="every remark, every entry that was judged"
    )


def _add_lockstep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "case",
        nargs="?",
        metavar="CASE",
        help="file or case id (default: 300 steps on handwritten digits)",
    )
    parser.add_argument(
        "--implementation",
        required=True,
        metavar="SPEC",
        help="path/to/file.py[:object] or package[.module][:object]",
    )
    parser.add_argument("--dtype", choices=DTYPES, help="default: the first one of the case")
    parser.add_argument("--steps", type=int, metavar="K", help="default: those of the case")
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=600.0,
        metavar="S",
        help="seconds that the implementation may train (default: 600)",
    )
    parser.add_argument("--json", metavar="FILE", help="every step as data")
    parser.add_argument("--plot", metavar="FILE", help=".png, .svg or .pdf; needs matplotlib")


def _add_audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--comparisons", type=positive, default=100_000, metavar="N")
    parser.add_argument("--seed", type=positive_or_zero, default=0, metavar="N")
    parser.add_argument("--workers", type=positive, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--only", choices=("alarms", "detection"))
    parser.add_argument("--case", type=positive_or_zero, metavar="N", help="this case alone")
    parser.add_argument("--implementation", metavar="NAME", help="this one on every case")
    parser.add_argument("--trials", type=positive, metavar="N", help="at most so many of each row")
    parser.add_argument("--json", metavar="FILE", help="everything, for programs")
    parser.add_argument("--markdown", metavar="FILE", help="tables, between the marks of a page")
    parser.add_argument("--keep", metavar="FOLDER", help="case files of the alarms")


def _add_strength(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mutants",
        default="tests.mutants.table",
        metavar="MODULE",
        help="has MUTANTS and Mutable (default: those of the project's tests)",
    )
    parser.add_argument("--only", metavar="AREA", help="this area alone: conv2d, sgd, ...")
    parser.add_argument("--pairs", type=positive_or_zero, default=60, metavar="N")
    parser.add_argument("--hidden", type=positive_or_zero, default=60, metavar="N")
    parser.add_argument("--seed", type=positive_or_zero, default=0, metavar="N")
    parser.add_argument("--workers", type=positive, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--json", metavar="FILE", help="everything, for programs")
    parser.add_argument("--markdown", metavar="FILE", help="table, between the marks of a page")
    parser.add_argument("-v", "--verbose", action="store_true", help="the kill matrix too")


if __name__ == "__main__":
    sys.exit(main())
