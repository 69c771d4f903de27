"""Classes times presets in one resumable run, and the tables of the papers."""
