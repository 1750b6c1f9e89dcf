"""Child-protection groups, hotlines and helplines."""
