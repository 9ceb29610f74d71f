"""Takes a partner's webhook."""
