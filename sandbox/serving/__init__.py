"""How a service of the sandbox starts, shows a world, and ends; its certificates, and what was asked of it."""
