"""One file per operation: its attributes, its arrays, and the shapes that go in and out."""
