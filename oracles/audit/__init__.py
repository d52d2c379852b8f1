"""How good the judge is: false alarms of correct implementations, and tiny mistakes that it sees."""
