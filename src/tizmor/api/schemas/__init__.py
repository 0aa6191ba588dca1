"""What comes in (`requests`) and what goes out beside the engine's own views (`replies`)."""
