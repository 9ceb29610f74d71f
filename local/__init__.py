"""Everything that runs on one machine: the stack itself, sample systems, a real ERP, and the demo between them."""
