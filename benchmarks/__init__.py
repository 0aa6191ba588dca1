"""What Tizmor costs, measured beside other ways of doing the same, in the same run."""
