"""What each kind of fact leads to; `tizmor.core.decider` says which is which."""
