"""Every case of what real senders do, as data (`cases/*.yaml`), and what reads, proves and prints them."""
