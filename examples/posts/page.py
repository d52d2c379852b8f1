"""A question and its answer as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from examples.posts.post import Exhibit, MnistExhibit, Post, Shown


def sections(post: Post, mnist: Path | None = None) -> Iterator[str]:
    """Head, question, answer, and every exhibit as it is computed, for the terminal."""
    yield f"{post.number}  {post.title}"
    yield f"     {post.link}"
    yield f"     ({post.author})"
    yield ""
    yield from textwrap.wrap(post.question, 100)
    yield ""
    for sentence in post.answer:
        yield from textwrap.wrap(sentence, 100, initial_indent="- ", subsequent_indent="  ")
    for exhibit, shown in _computed(post, mnist):
        yield ""
        yield f"* {exhibit.claim}"
        if exhibit.command:
            yield f"  $ {exhibit.command}"
        yield from (f"    {line}".rstrip() for line in shown.lines)
    yield ""


def into(page: Path, posts: Sequence[Post], mnist: Path | None = None) -> None:
    """Write each question between its marks, `<!-- post 000: begin -->` and `... end -->`."""
    text = page.read_text("utf-8")
    for post in posts:
        begin, end = f"<!-- post {post.number}: begin -->\n", f"<!-- post {post.number}: end -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{page} has no place for post {post.number}: {begin.strip()}")
        text = before + begin + "\n".join(_markdown(post, mnist)) + "\n" + end + after
    page.write_text(text, "utf-8")


def _markdown(post: Post, mnist: Path | None) -> Iterator[str]:
    yield ""
    yield f"## {post.title}"
    yield ""
    yield f"<{post.link}> ({post.author})"
    yield ""
    yield post.question
    yield ""
    for sentence in post.answer:
        yield f"- {sentence}"
    for exhibit, shown in _computed(post, mnist):
        yield ""
        yield f"**{exhibit.claim}**"
        yield ""
        yield "```"
        if exhibit.command:
            yield f"$ {exhibit.command}"
        yield from shown.lines
        yield "```"
    yield ""


def _computed(post: Post, mnist: Path | None) -> Iterator[tuple[Exhibit | MnistExhibit, Shown]]:
    for exhibit in post.exhibits:
        yield exhibit, exhibit.show()
    if mnist is not None:
        for other in post.with_mnist:
            yield other, other.show(mnist)
