"""Making a workspace: `create` writes the folder, `tevuot` is the example that it can hold.

The example's writers import large document libraries, so nothing here is imported from the package
itself: `tizmor.workspaces.create` is what a command imports.
"""
