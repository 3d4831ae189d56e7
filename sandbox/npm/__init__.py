"""The Node project of the sandbox, a registry with its packages, and a stand-in for npm."""
