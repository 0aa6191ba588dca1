"""Documents of the workspace: finding, reading and writing them."""
