"""Documents of the workspace: finding, reading and writing them."""

from tizmor.agents.files.drive_read import drive_read
from tizmor.agents.files.drive_search import drive_search

AGENTS = (drive_search, drive_read)
