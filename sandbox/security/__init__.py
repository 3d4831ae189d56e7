"""GitHub, npm and the log of sign-ins."""
