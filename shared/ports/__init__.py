"""What the flows ask of the world, as protocols of two to five verbs."""
