"""What visitors get over HTTP: pages, health endpoints, headers, links."""
