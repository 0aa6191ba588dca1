"""What each kind of event changes in the state; `tizmor.core.evolve` says which is which."""
