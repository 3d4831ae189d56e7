"""The Node project of the sandbox, the registry that knows its packages, and a stand-in for npm."""
