"""Load tests: run, judged and compared."""
