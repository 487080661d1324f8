"""What goes to the senders and comes back from them."""
