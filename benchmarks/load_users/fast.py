"""Locust's FastHttpUser as it is: what the visitors' overhead is measured against."""

from locust import FastHttpUser, task


class Bare(FastHttpUser):
    """Asks for the page, and for it again."""

    @task
    def visit(self):
        """One request."""
        self.client.get("/", name="homepage")
