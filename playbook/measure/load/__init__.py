"""Load tests: carried out, judged and compared."""
