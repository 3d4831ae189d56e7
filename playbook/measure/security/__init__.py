"""Security: access rights, sign-ins and refusals, and known vulnerabilities."""
