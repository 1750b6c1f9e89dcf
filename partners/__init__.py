"""Whom we speak with: one package for each kind of partner, one module for each that has words of its own."""
