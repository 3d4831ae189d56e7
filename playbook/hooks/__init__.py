"""pytest's side of a run: what is collected, asserted, shown and kept. `playbook.plugin` is its entry."""
