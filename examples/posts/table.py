"""The four questions."""

from examples.posts.post import Post

POSTS: dict[str, Post] = {}
