"""The alliance of creators: what their teams and followers come across."""
