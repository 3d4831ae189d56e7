"""Locust's plain HttpUser, which uses requests."""

from locust import HttpUser, task


class Plain(HttpUser):
    """Requests the page repeatedly."""

    @task
    def visit(self):
        """One request."""
        self.client.get("/", name="homepage")
