"""What `manage.py bench` measures: each measure in a process and a database of its own."""
