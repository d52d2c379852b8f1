"""How strong the cases are, and how good the diagnosis: measured with mutants."""
