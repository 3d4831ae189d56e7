"""Sign-offs, roster, handoff, documents, maintenance and emergencies."""
