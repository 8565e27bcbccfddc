"""Whoever could sign in keeps what they could do, and every engagement gets its people."""

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from engagements.assignments import assigned

AT_ONCE = 1000


def give_roles(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Active logins that are not staff become managers: until now, everybody was one."""
    user_model = apps.get_model(settings.AUTH_USER_MODEL)
    membership = apps.get_model("engagements", "Membership")
    people = user_model.objects.filter(is_active=True, is_staff=False, is_superuser=False)
    membership.objects.bulk_create(
        [membership(user_id=key, role="manager") for key in people.values_list("pk", flat=True)],
        batch_size=AT_ONCE,
        ignore_conflicts=True,
    )


def assign(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    engagement = apps.get_model("engagements", "Engagement")
    assignment = apps.get_model("engagements", "Assignment")
    rows = engagement.objects.values_list("pk", "owner_id", "owner_name", "team_members")
    waiting = []
    for key, owner_id, owner_name, members in rows.iterator(AT_ONCE):
        ids = [str(member.get("id") or "") for member in members or []]
        waiting += [
            assignment(engagement_id=key, member=who, by_name=by_name)
            for who, by_name in assigned(owner_id, owner_name, ids)
        ]
        if len(waiting) >= AT_ONCE:
            assignment.objects.bulk_create(waiting, ignore_conflicts=True)
            waiting = []
    assignment.objects.bulk_create(waiting, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0006_membership"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunPython(give_roles, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(assign, migrations.RunPython.noop, elidable=True),
    ]
