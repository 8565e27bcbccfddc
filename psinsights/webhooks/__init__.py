"""Telling other systems: a band that changed and a risk that became critical, as signed requests.

``announce`` turns what is new into events with a delivery for each endpoint, ``deliver`` sends what
is due. docs/webhooks.md is for those who receive them.
"""
