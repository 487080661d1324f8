"""Telling the owner of a rule that its state changed: once, by mail or to a webhook, unless it is silenced."""
