"""The app on port 8000 or the one that is given, with a sandbox of its own."""

import os

from django.core.management import execute_from_command_line

from ..demo import sandbox_for_app

os.environ["DJANGO_SETTINGS_MODULE"] = f"{__package__}.settings"
with sandbox_for_app() as port:
    execute_from_command_line(["manage.py", "runserver", f"127.0.0.1:{port}", "--noreload"])
