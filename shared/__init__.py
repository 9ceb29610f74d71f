"""The shipped code of Tandem: a pure core, ports, flows, connectors and the AWS adapters."""
