"""Warehouse of the Cités de l'emploi and of the Pactes plein emploi."""
