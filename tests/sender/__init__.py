"""Tests of what senders are sent, and send back."""
