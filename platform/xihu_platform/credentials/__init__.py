"""Credentials: sealed documents that somebody shows to others, their register and their states."""
