"""The index of words: its rows, and the full-text table (SQLite) or index (PostgreSQL) over them."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# The words are folded already: every byte that is no space belongs to a word, and no word's place
# in the text is kept. A row that goes takes its words along, whoever deletes it.
SQLITE = (
    "CREATE VIRTUAL TABLE search_words USING fts5 (words, content='engagements_searchentry', "
    "content_rowid='id', tokenize='ascii', detail='none', columnsize=0)",
    "CREATE TRIGGER search_words_gone AFTER DELETE ON engagements_searchentry BEGIN "
    "INSERT INTO search_words (search_words, rowid, words) "
    "VALUES ('delete', old.id, old.words); END",
)
POSTGRESQL = (
    "CREATE INDEX search_words ON engagements_searchentry "
    "USING gin (array_to_tsvector(string_to_array(words, ' ')))",
)


def add_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    on_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE if on_sqlite else POSTGRESQL:
        schema_editor.execute(statement)


def drop_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER search_words_gone")
        schema_editor.execute("DROP TABLE search_words")
    else:
        schema_editor.execute("DROP INDEX search_words")


class Migration(migrations.Migration):
    dependencies = [("engagements", "0002_what_is_left_to_do")]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("record", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=32)),
                ("words", models.TextField()),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="engagements.engagement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "record"), name="one_entry_a_record")
                ],
            },
        ),
        migrations.RunPython(add_index, drop_index),
    ]
