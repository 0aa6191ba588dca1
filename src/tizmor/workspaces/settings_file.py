"""The two texts that every new workspace begins with: its settings and what goes where."""

from __future__ import annotations

from tizmor.settings import Settings, as_line

README = """\
What goes where in this folder
------------------------------

Documents         anywhere you like, in folders of your own:
                  .md .txt .html .csv .pdf .docx .xlsx
contacts/         people, as vCards (*.vcf)
calendar/         your events, one in each file (*.ics)
calendar/people/  what you know of others' busy times: a folder for each e-mail address
tasks/            your tasks (*.ics)
mail/             mail
out/              what Tizmor writes: agendas, reports
tizmor.toml       settings: who you are, your time zone, your working hours
.tizmor/          Tizmor's own database; leave it alone

Try:              tizmor run "Set a meeting with ..."
                  tizmor agents
"""
# No suffix: a search for documents goes by suffix and must not find this text.
README_NAME = "README"


def settings_text(settings: Settings) -> str:
    """A `tizmor.toml` that says what holds, with a word on each line that people change."""
    days = [day.name.lower() for day in settings.working_days]
    hours = [time.strftime("%H:%M") for time in settings.working_hours]
    me = as_line("me", settings.me) if settings.me else '# me = "Your Name <you@example.com>"'
    return f"""\
# Settings of this workspace. An option or a TIZMOR_* variable (such as TIZMOR_TIMEZONE) goes first.

# Who you are: meetings are called in your name.
{me}

# Your time zone, by its IANA name.
{as_line("timezone", settings.timezone)}

# Free times are searched within these. A time that you name yourself is taken as you say it.
{as_line("working_days", days)}
{as_line("working_hours", hours)}

# How long a meeting is when you don't say.
{as_line("meeting_minutes", settings.meeting_minutes)}

# The language of answers: "he", "en", or "" for the language of each request.
{as_line("language", settings.language)}
"""
