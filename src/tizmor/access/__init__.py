"""Who asks from elsewhere: tokens as they are made, written, and recognized.

secret ───── how a token and what a browser keeps are written, and what is kept of them instead
issuing ──── making one
attempts ─── how often somebody may try
verifying ── who is it that shows one?

Nothing here is loaded where no token is used: argon2 takes its time.
"""
