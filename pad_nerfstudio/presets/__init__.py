"""Options of several commands under one name, read from YAML."""
