"""Load tests, as the suite sees them: it plans one, starts Locust as a process of its own, reads the outcome."""
