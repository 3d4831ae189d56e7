"""Locust's plain FastHttpUser: the baseline for the visitors' overhead."""

from locust import FastHttpUser, task


class Bare(FastHttpUser):
    """Requests the page repeatedly."""

    @task
    def visit(self):
        """One request."""
        self.client.get("/", name="homepage")
