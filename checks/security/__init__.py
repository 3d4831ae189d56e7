"""Access, firewalls, certificates, dependencies and sign-ins."""
