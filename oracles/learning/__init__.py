"""When the arithmetic is right: trains an oracle with the settings of a case, and says why it does
not learn (docs/learning.md)."""
