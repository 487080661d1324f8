"""The return form: its vintages as data, and the reader that recognises them in what senders write."""
