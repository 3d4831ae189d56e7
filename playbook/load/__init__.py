"""Load tests from the suite's side: it plans one, starts Locust as a separate process, and reads the outcome."""
