"""The tables of the settings as types: one module for each subject. Plain data; `playbook.settings` reads them."""
