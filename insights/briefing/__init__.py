"""The weekly briefing: what changed, as a page and as a mail that is not sent when nothing did."""
