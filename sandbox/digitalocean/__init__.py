"""The DigitalOcean API of the sandbox: `state` is what there is, the other modules are how the API shows it."""
