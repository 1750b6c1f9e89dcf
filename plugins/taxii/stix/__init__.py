"""STIX 2.1 and 2.0, without the database: what an object says, and how the hub says a signal."""
