"""The application on App Platform: components, deployments, clocks, resources, rollback."""
