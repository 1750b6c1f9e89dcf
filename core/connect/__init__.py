"""What partners send in formats of their own: read by their connectors, and taken by the rooms that it is for."""
