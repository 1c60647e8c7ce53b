"""Runs the command with `python3 -m minnow_import`."""

from .command import main

raise SystemExit(main())
