"""The DigitalOcean API of the sandbox: `state` holds the account, the other modules serve it."""
