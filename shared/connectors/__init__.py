"""One module per outside system, behind the port of `shared.ports.system`."""
