"""Uses of the records: what can be sold, what runs low, and all about one customer."""
