"""The settings of a target, by section, and which parts a product has."""
