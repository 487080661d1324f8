"""What the dbt project promises to its readers and to itself: contracts of the marts, conventions of the project."""
