"""What is drawn for people.

page ──────── standard output: wrapped, coloured and ordered on a terminal, plain elsewhere
bidi, words ─ right-to-left text, and what is said in each language
progress ──── the fold of the stream that the views draw from
tree, gate, outcome, plain, held ─ pure: from progress to lines
plan_view, forecast_view, dry_run_view ─ what is planned, and what it would do
waterfall ─── spans as bars under each other
screen ────── the live region; desk, keyboard: questions asked and answered under it
"""
