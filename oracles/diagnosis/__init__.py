"""Why it is wrong: one altered rule per known mistake, re-run and held to the implementation."""
