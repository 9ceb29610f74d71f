"""The event sources, driven from what was deployed: queues, the stream, schedules, rules and the HTTP API."""
