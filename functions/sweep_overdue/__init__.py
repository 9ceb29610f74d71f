"""Queues again whatever is owed and due."""
