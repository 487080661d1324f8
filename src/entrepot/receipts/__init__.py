"""Receipts: the bytes as sent, what they claim to be, and the verdict on them."""
