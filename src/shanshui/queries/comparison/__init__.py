"""Two scenarios of a study side by side: what differs, where, by how much, who gains and who loses."""
