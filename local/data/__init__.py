"""Sample data for the demo and the tests; nothing here is deployed."""
