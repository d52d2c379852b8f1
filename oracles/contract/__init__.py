"""What everybody agrees on: cases, their arrays, traces, and what an implementation is.

Standard library, NumPy and pydantic only.
"""
