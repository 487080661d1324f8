"""What the warehouse gives back: reports read from the published marts, and nothing else."""
