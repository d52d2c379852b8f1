"""The four questions."""

from examples.posts.post import Post
from examples.posts.post_000.exhibits import POST as POST_000
from examples.posts.post_001.exhibits import POST as POST_001
from examples.posts.post_002.post import POST as POST_002
from examples.posts.post_003.post import POST as POST_003

POSTS: dict[str, Post] = {
    POST_000.number: POST_000,
    POST_001.number: POST_001,
    POST_002.number: POST_002,
    POST_003.number: POST_003,
}
