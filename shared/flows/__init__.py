"""Use cases, one verb per file: fetch, call the core, write. Ports and core only."""
