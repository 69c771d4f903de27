"""Photos that arrive in a folder, scored one by one for as long as it takes."""
