"""A scored run in Nerfstudio's web viewer: layers, a panel of the queries, their cameras, and scores by a click."""
