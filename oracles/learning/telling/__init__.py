"""An answer for the terminal, for programs, and drawn."""
