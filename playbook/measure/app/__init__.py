"""The app on App Platform: components, releases, rollbacks, scaling and resource use."""
