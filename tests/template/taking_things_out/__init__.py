"""What can be taken out of the template, and the small scenario that needs it."""
