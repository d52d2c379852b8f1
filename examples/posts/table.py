"""The four questions."""

from examples.posts.post import Post
from examples.posts.post_000.exhibits import POST as POST_000

POSTS: dict[str, Post] = {POST_000.number: POST_000}
