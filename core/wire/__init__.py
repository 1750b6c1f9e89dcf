"""The words that cross the wire, as msgspec Structs. Nothing in here imports the rest of core."""
