"""What comes in (`requests`, within `bounds`), and what goes out beside the engine's own views
(`replies`; `parts` of one execution, `plans`, of the `workspace`)."""
