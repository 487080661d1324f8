"""Files as senders send them, opened as sheets of text: what a file is, and what its cells hold."""
