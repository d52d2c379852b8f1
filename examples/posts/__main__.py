"""What the harness says to the four questions that this project began with.

python -m examples.posts                  all of them
python -m examples.posts 000 003          these
python -m examples.posts --mnist FOLDER   with what needs the files of MNIST
python -m examples.posts --into FILE      into a page, between its marks
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is imported: more threads are slower here
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import sys
from pathlib import Path

from examples.posts.page import into, sections
from examples.posts.table import POSTS


def main(arguments: list[str] | None = None) -> int:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m examples.posts", description=__doc__)
    parser.add_argument("posts", nargs="*", metavar="POST", help=", ".join(POSTS))
    parser.add_argument("--mnist", type=Path, metavar="FOLDER", help="its four idx files")
    parser.add_argument("--into", type=Path, metavar="FILE", help="a page with marks")
    options = parser.parse_args(arguments)
    unknown = [one for one in options.posts if one not in POSTS]
    if unknown:
        parser.error(f"there is no post {unknown[0]}: expected one of {', '.join(POSTS)}")
    if options.mnist is not None and not options.mnist.is_dir():
        parser.error(f"there is no folder {options.mnist}")
    chosen = [POSTS[one] for one in options.posts or POSTS]
    if options.into is not None:
        into(options.into, chosen, options.mnist)
        return 0
    for post in chosen:
        for line in sections(post, options.mnist):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
