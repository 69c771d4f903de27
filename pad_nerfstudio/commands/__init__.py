"""The ns-pad-* commands: parse, call the library, print."""
