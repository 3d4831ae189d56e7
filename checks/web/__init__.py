"""The website, its health endpoints and the links of the playbook."""
