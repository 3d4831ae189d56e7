"""Locust's HttpUser as it is, which uses requests."""

from locust import HttpUser, task


class Plain(HttpUser):
    """Asks for the page, and for it again."""

    @task
    def visit(self):
        """One request."""
        self.client.get("/", name="homepage")
