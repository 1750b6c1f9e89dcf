"""Ministries, police, provinces and school authorities."""
