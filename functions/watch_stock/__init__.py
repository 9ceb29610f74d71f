"""Works out who gets what when stock or demand changes."""
