"""The known mistakes, one file per family."""
