"""What Nerfstudio sees: method and dataparser specifications, nothing else."""
