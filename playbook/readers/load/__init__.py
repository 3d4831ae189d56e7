"""Load tests as they are planned and as they ended: what the suite and Locust's process tell each other."""
