"""The sender's side: what territories are given, what is answered to their files, and how they are reminded."""
