"""One run: it measures, makes records of verdicts, adds them up and stores the results. Independent of pytest."""
