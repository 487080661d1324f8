"""The dictionary of rules and of the form: French pages made of the same data as the checks."""
