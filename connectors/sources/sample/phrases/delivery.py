"""Words for schedule, dependency and access, scope, and commercial troubles."""

# ruff: noqa: E501 - a phrase is easier to judge on one line

from connectors.sources.sample.phrases.wording import Wording

DELIVERY: dict[str, Wording] = {
    "overdue_task": Wording(
        topic="the delay on {task}",
        short=("{task} overdue", "{task} past its date, est. {n} more days"),
        raised=(
            "{task} [is|has been] overdue since {day} and [needs|will need] [about|at least] {n} more days.",
            "We [missed|did not make] the date for {task}; {mate} estimates {n} [more|extra] days.",
            "{task} should have been done by now [but is only about {pct}% there|and is not].",
            "{task} ran past its end date because the {system} work took longer than [planned|estimated].",
        ),
        ongoing=(
            "{task} is still not finished.",
            "Still [working|catching up] on {task}, which is late.",
            "{task} is now [well |]past its date; [{mate} is on it full time|no new date agreed yet].",
        ),
        resolved=(
            "{task} was finished on {solved}, late but complete.",
            "We caught up on {task} [this week|over the last days]; nothing overdue there any more.",
            "{task} is done at last, so the delay is behind us.",
        ),
        denied=("Nothing is overdue.", "No overdue tasks [this week|at the moment]."),
    ),
    "milestone_slip": Wording(
        topic="the date for {milestone}",
        short=("{milestone} slips to {due}", "{milestone} will not hold, new date {due}"),
        raised=(
            "{milestone} will [slip|move] [by {n} days|to {due}]; the {system} work is [the reason|on the critical path].",
            "We [can't|cannot] hold the date for {milestone}. [{due} is more realistic|A new date will follow].",
            "The team no longer believes in the date for {milestone}[; {due} at the earliest|].",
            "{milestone} is {n} days behind [plan|baseline] and [I see no way to make that up|the buffer is gone].",
        ),
        ongoing=(
            "{milestone} [remains|is still] behind plan, no change since last [week|time].",
            "{milestone} may slip further if the {system} [tests|numbers] do not [improve|come right].",
            "We are still looking for a way to bring {milestone} back; [nothing firm yet|descoping is one option].",
        ),
        resolved=(
            "{milestone} is back on its date after we [resequenced the work|dropped two low-value reports].",
            "The new date for {milestone} is agreed with {party}, so this is no longer open.",
            "We recovered the days on {milestone}; the date holds [again|after all].",
        ),
        denied=(
            "{milestone} is not at risk.",
            "No change to the milestone dates.",
            "All milestones hold.",
        ),
    ),
    "date_moved": Wording(
        topic="the moved dates",
        short=("{milestone} date moved to {due} again", "end date moved, plan to be redone"),
        raised=(
            "{party} [moved|pushed] {milestone} to {due}, [the second move this quarter|which eats our buffer].",
            "The end date has been moved [by {n} days|to {due}] without a new baseline.",
            "Dates moved again: {task} now [ends|lands] after {milestone} was due.",
        ),
        ongoing=(
            "The plan still shows the old dates; [re-baselining is pending|nobody has signed the new ones].",
            "We might have to move {milestone} once more.",
            "Moved dates have not been agreed [in writing|with {party}] yet.",
        ),
        resolved=(
            "The new dates were signed on {solved}; the plan is re-baselined.",
            "Re-planning is complete and {party} accepted the moved dates.",
            "The date question is settled: {due} for {milestone}.",
        ),
        denied=("No dates moved.", "The plan stands, no dates have changed."),
    ),
    "low_velocity": Wording(
        topic="our pace on {task}",
        short=("velocity down about {pct}%", "{task} going slower than planned"),
        raised=(
            "We are [burning|using] more days than planned; {task} is moving at about half the [expected|planned] speed.",
            "Velocity dropped [by about {pct}% |]this sprint, mostly because of the {system}.",
            "Progress on {task} is slow. [Each table of the {system} takes twice the estimate|The estimates were optimistic].",
            "We closed [only two|three] of {n} planned stories; the rest rolls over.",
        ),
        ongoing=(
            "Pace has not picked up yet.",
            "Still slower than planned on {task}; [we may need a second pair of hands|looking at what to drop].",
            "Another sprint with roll-over on {task}.",
        ),
        resolved=(
            "Pace is back to normal since {mate} joined on {task}.",
            "We are delivering at the planned speed again; the slow patch is over.",
            "Velocity recovered [after the {system} rework|this sprint].",
        ),
        denied=("Velocity is fine, no concerns.", "Pace is not a problem."),
    ),
    "waiting_customer": Wording(
        topic="the answer from {party}",
        short=("waiting on {party} ({system})", "no answer from {party} since {day}"),
        raised=(
            "[We are|The team is] waiting for {party} to [confirm|send|provide] the {system} [mappings|sample files|field list]; {task} can't continue without it.",
            "{party} has not [come back|answered] on the {system} questions, so {task} is [stuck|on hold|blocked].",
            "Blocked on {party}: we need a decision on the {system} before {task} can go on.",
            "I have asked {contact} [twice|three times] for the {system} spec. [Nothing so far|No reply yet].",
            "{task} stopped on {day} because {party} still owes us the {system} [test data|credentials list].",
        ),
        ongoing=(
            "Still waiting for {party}; [chased {contact} again on {day}|second reminder sent].",
            "No movement from {party} on the {system}, {task} remains blocked.",
            "{contact} promised an answer by {due}, [we will see|which may be too late for {milestone}].",
        ),
        resolved=(
            "{party} answered on {solved}, so {task} is moving again.",
            "{contact} sent everything we needed for the {system}; no longer waiting.",
            "The {system} decision came through on {solved} and {task} is unblocked.",
            "Got the [mappings|files] from {party} [at last|finally]. That closes the wait on the {system}.",
        ),
        denied=(
            "We are not waiting on anyone.",
            "Nothing outstanding from the client side.",
            "No open dependencies on {party}.",
        ),
    ),
    "waiting_vendor": Wording(
        topic="the vendor of the {system}",
        short=("vendor ticket for {system} open", "waiting on vendor patch ({system})"),
        raised=(
            "The vendor of the {system} [has not delivered|still owes us] the [fix|connector patch|new driver]; {task} waits for it.",
            "Support case on the {system} has been open [for {n} days|since {day}] without [an engineer|a workaround].",
            "{task} depends on a [patch|release] of the {system} that the vendor [postponed|moved to {due}].",
            "Third-party support for the {system} is slow, and {task} is blocked by it.",
        ),
        ongoing=(
            "Vendor case on the {system}: no update.",
            "Still no fix from the {system} vendor; [we escalated the ticket|their next release may have it].",
            "The vendor asked for logs [again|a third time], {task} stays blocked.",
        ),
        resolved=(
            "The vendor shipped the {system} fix on {solved}; {task} continues.",
            "Patch for the {system} installed and tested, the vendor case is closed.",
            "We no longer depend on the vendor: a workaround for the {system} is in place.",
        ),
        denied=("No open vendor cases.", "The {system} vendor is not holding us up."),
    ),
    "access_missing": Wording(
        topic="access to the {system}",
        short=(
            "no access to {system}",
            "{system} permissions still missing",
            "{system} grants pending",
        ),
        raised=(
            "We [still have no|do not have] access to the {system}; {task} [can't start|is blocked] until {party} [grants it|acts].",
            "[Access|Read permission] for the {system} [is missing|was not granted], the request has been with {party} since {day}.",
            "{mate} cannot log in to the {system}, so {task} is [at a standstill|blocked].",
            "Service account for the {system} was rejected by {party}; [without it|until then] {task} is stuck.",
            "Blocked: Unity Catalog grants on the {system} schema are not in place.",
        ),
        ongoing=(
            "Access to the {system} is still [missing|outstanding].",
            "{party} [says|say] the {system} request is in the queue; we are [{n} days|over a week] in and blocked.",
            "No {system} access yet. {contact} hopes for {due}, but it may take longer.",
        ),
        resolved=(
            "Access finally came through on {solved}, so {task} is unblocked.",
            "{party} granted the {system} permissions; {mate} logged in on {solved} and {task} is moving.",
            "The {system} access issue is resolved.",
            "We now have working credentials for the {system}, blocker closed.",
        ),
        denied=(
            "No access issues.",
            "Access is not a problem any more.",
            "All permissions are in place.",
        ),
    ),
    "env_not_ready": Wording(
        topic="the {env}",
        short=("{env} not ready", "{env} down since {day}"),
        raised=(
            "The {env} is not ready; {task} [can't start|has to wait].",
            "{party} has not finished the {env}, [the firewall rules are missing|private endpoints are still open], so {task} is blocked.",
            "The {env} has been [down|unreachable] since {day} and we cannot run {task}.",
            "Provisioning of the {env} failed [twice|again]; {mate} can't deploy.",
        ),
        ongoing=(
            "{env} still not usable.",
            "Still no working {env}; we continue on laptops where we can, but {task} stays blocked.",
            "The {env} may be up by {due} according to {contact}.",
        ),
        resolved=(
            "The {env} went live on {solved}; {task} could start.",
            "{env} is up and stable now, thanks to {contact}.",
            "All firewall rules are open and the {env} works, blocker removed.",
        ),
        denied=("Environments are stable, no outages.", "No trouble with the {env}."),
    ),
    "scope_creep": Wording(
        topic="the growing scope",
        short=("extra asks on {system}, not in SoW", "scope growing: {n} new items"),
        raised=(
            "{party} asked for {n} [more reports|additional tables] on top of {task}; [none of it is|this is not] in the statement of work.",
            "Scope keeps growing: {contact} now [wants|expects] the {system} as well.",
            "[Another|One more] 'small' request came in for the {system}. That makes {n} since the design was signed.",
            "The backlog grew faster than we closed it, mainly [extra|unplanned] work on the {system}.",
        ),
        ongoing=(
            "New asks keep coming in [every week|in the stand-ups] and nobody says what to drop.",
            "Extra {system} work goes on without a change order.",
            "Unplanned work took about {pct}% of the team's time.",
        ),
        resolved=(
            "We agreed with {contact} to park the extra {system} items; scope is frozen.",
            "The additional asks moved to a second phase, so scope is back to the signed one.",
            "Scope discussion closed on {solved}: {n} items out, the rest stays as signed.",
        ),
        denied=("No new scope.", "Scope is stable, nothing was added."),
    ),
    "unclear_requirement": Wording(
        topic="the requirements for {task}",
        short=("requirements for {task} unclear", "no agreed definition for {system} metrics"),
        raised=(
            "The requirements for {task} are [unclear|contradictory]: finance and operations define the {system} figures differently.",
            "Nobody can tell us what '[active|net|closed]' means in the {system}, so we are guessing in {task}.",
            "{party} [changed|reversed] the rules for the {system} [again|in the review]; we do not know what to build.",
            "Acceptance criteria for {task} are still missing.",
        ),
        ongoing=(
            "Definitions for the {system} remain open.",
            "Still unclear what {party} expects from {task}; [workshop moved to {due}|might need rework].",
            "We built one reading of the requirement and may have to redo it.",
        ),
        resolved=(
            "Requirements for {task} were settled in the workshop on {solved}.",
            "{contact} signed the definitions, so the open questions on the {system} are answered.",
            "Acceptance criteria are now written down and agreed.",
        ),
        denied=("Requirements are clear.", "No open questions on scope or definitions."),
    ),
    "change_request": Wording(
        topic="the change request on the {system}",
        short=("CR for {system} unsigned", "CR pending: {n} days extra"),
        raised=(
            "{party} raised a change request for the {system}, roughly {n} days; not priced yet.",
            "A change request [is on the table|came in] for the {system} that would delay {milestone}.",
            "We started on the {system} change before the request was signed, which worries me.",
        ),
        ongoing=(
            "The change request is still unsigned.",
            "{contact} has the {system} change request; no decision.",
            "If the change request is accepted, {milestone} may move.",
        ),
        resolved=(
            "The change request for the {system} was signed on {solved}, with {n} extra days.",
            "{party} withdrew the change request.",
            "Change request approved and planned in, no impact on {milestone}.",
        ),
        denied=("No change requests open.", "No change requests this period."),
    ),
    "budget_overrun": Wording(
        topic="the budget",
        short=("hours {pct}% over plan", "budget burn ahead of progress"),
        raised=(
            "We have used [most|about {pct}% more] of the hours than the plan allowed at this point.",
            "Budget burn is ahead of progress: the {system} alone took {n} days more than priced.",
            "At this rate the hours run out before {milestone}.",
            "The budget will be exceeded unless we [cut scope|stop the {system} extras].",
        ),
        ongoing=(
            "Hours keep running ahead of progress.",
            "Budget overrun unchanged; [{contact} has not agreed to a top-up|talks about extra hours go on].",
            "We may run out of hours before {due}.",
        ),
        resolved=(
            "{party} approved [{n} extra days|a top-up], the budget is fine again.",
            "Extra hours were signed on {solved}; overrun covered.",
            "Burn is back in line with progress.",
        ),
        denied=("Budget is on plan.", "No budget concerns.", "Hours are within plan."),
    ),
    "renewal_risk": Wording(
        topic="the follow-on contract",
        short=("renewal in doubt", "competitor pitching phase 2"),
        raised=(
            "{contact} hinted that they [may not renew|could bring phase two in-house].",
            "Procurement at {customer} is [talking to|inviting] another supplier for the next phase.",
            "The follow-on is in doubt until {milestone} is delivered.",
        ),
        ongoing=(
            "Nothing new on the renewal; I am [worried|not optimistic].",
            "The next phase is still undecided, could go either way.",
            "{party} will not discuss the renewal before {milestone}.",
        ),
        resolved=(
            "{contact} confirmed the follow-on on {solved}.",
            "Renewal is agreed, so that worry is gone.",
            "The next phase is signed.",
        ),
        denied=("Renewal is not in question.", "No commercial concerns."),
    ),
    "payment_dispute": Wording(
        topic="the disputed invoice",
        short=("invoice disputed", "payment for {milestone} withheld"),
        raised=(
            "{party} disputes the last invoice, arguing that {milestone} was not met.",
            "The invoice for {milestone} is unpaid and accounts have [stopped new orders|asked us to pause].",
            "{contact} withholds payment until the {system} defects are fixed.",
        ),
        ongoing=(
            "Invoice still disputed.",
            "No agreement on the invoice yet; [legal is involved|a call is set for {due}].",
            "Payment remains open and work may have to stop.",
        ),
        resolved=(
            "The invoice was paid on {solved}, dispute closed.",
            "{party} accepted the invoice after the {system} review.",
            "Payment question settled with {contact}.",
        ),
        denied=("All invoices are paid.", "No open invoices in dispute."),
    ),
}
