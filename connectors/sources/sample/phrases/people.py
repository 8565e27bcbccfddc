"""Words for resourcing and stakeholder troubles."""

# ruff: noqa: E501 - a phrase is easier to judge on one line

from connectors.sources.sample.phrases.wording import Wording

PEOPLE: dict[str, Wording] = {
    "key_person": Wording(
        topic="cover for {mate}",
        short=("{mate} leaves, no backup", "single point of knowledge: {mate}"),
        raised=(
            "{mate} is [on leave|off sick] [until {due}|for {n} days] and nobody else knows the {system}.",
            "Our only {system} specialist is leaving; [no replacement yet|a replacement is not named].",
            "All knowledge of {task} sits with {mate}, which is a risk for {milestone}.",
        ),
        ongoing=(
            "No cover for {mate} yet.",
            "We still depend on one person for the {system}.",
            "Replacement candidates were proposed, but may not start before {due}.",
        ),
        resolved=(
            "{mate} is back since {solved}.",
            "A second engineer is up to speed on the {system}, so we no longer depend on one person.",
            "Replacement started on {solved} and works well.",
        ),
        denied=("No key-person issues.", "Cover for holidays is arranged, no gaps."),
    ),
    "capacity_conflict": Wording(
        topic="capacity for {task}",
        short=("{mate} pulled to another project", "short of {n} person-days"),
        raised=(
            "{mate} was [pulled onto|shared with] another engagement, we lose {n} days [a month|on {task}].",
            "We do not have enough people for {task}; [the team is stretched|everybody works late].",
            "{party} gave their engineers other priorities, so nobody [tests|reviews] the {system}.",
        ),
        ongoing=(
            "Capacity is still short.",
            "Team remains stretched, {task} suffers.",
            "We may get another engineer on {due}, not confirmed.",
        ),
        resolved=(
            "{mate} is full time with us again since {solved}.",
            "Two engineers joined, capacity is no longer the bottleneck.",
            "{party} released their testers, so the {system} review is staffed.",
        ),
        denied=("The team is fully staffed.", "No capacity issues."),
    ),
    "handover_gap": Wording(
        topic="the handover of the {system}",
        short=("handover of {system} missing", "{system} knowledge left with contractor"),
        raised=(
            "The contractor who built the {system} left without a handover; {task} is guesswork.",
            "Handover notes for the {system} are [missing|useless], we spend days reading code.",
            "Nobody on the operations side accepted the handover of the {system}.",
        ),
        ongoing=(
            "The handover gap on the {system} is not closed.",
            "Still reverse-engineering the {system}.",
            "A handover session is planned for {due}, might be cancelled again.",
        ),
        resolved=(
            "Handover session held on {solved}; the {system} is documented.",
            "Operations accepted the {system}, handover complete.",
            "{contact} found the old documentation, the gap on the {system} is closed.",
        ),
        denied=("Handover is going as planned.", "No gaps in the handover."),
    ),
    "sponsor_absent": Wording(
        topic="our sponsor",
        short=("sponsor missed {n} meetings", "no sponsor decision since {day}"),
        raised=(
            "The sponsor [cancelled|skipped] the steering committee [again|for the second time].",
            "{contact} has not joined a steering call for {n} weeks; decisions are not taken.",
            "Our sponsor changed jobs, and {customer} has not named a successor.",
        ),
        ongoing=(
            "Steering committee was cancelled once more.",
            "No word from the sponsor.",
            "Decisions on the {system} are parked until a sponsor shows up.",
        ),
        resolved=(
            "{contact} is the new sponsor and chaired the steering on {solved}.",
            "The sponsor is engaged again, all decisions were taken.",
            "Steering took place on {solved} with full attendance.",
        ),
        denied=("The sponsor is engaged.", "No issues raised by the steering committee."),
    ),
    "low_engagement": Wording(
        topic="turnout on the client side",
        short=("{n} of 8 invitees showed up", "client team not responding"),
        raised=(
            "Only {n} people came to the {system} workshop, the people who decide were absent.",
            "The client team is hard to reach; questions on {task} go unanswered for days.",
            "Attendance at the reviews is down and {contact} no longer replies.",
        ),
        ongoing=(
            "The client remains quiet.",
            "Meetings get moved or dropped, little response from {party}.",
            "Low turnout again; we may be losing them.",
        ),
        resolved=(
            "Good turnout at the workshop on {solved}, the client team is back.",
            "{contact} freed two people who answer the same day.",
            "Participation is no longer an issue.",
        ),
        denied=("The client team is responsive.", "No complaints about participation."),
    ),
    "sentiment_drop": Wording(
        topic="the mood at {customer}",
        short=("client unhappy about {system}", "tense mood in review"),
        raised=(
            "{contact} was visibly [unhappy|frustrated] with the {system} demo.",
            "The mood in the review was [tense|cool]; they expected more of {task}.",
            "Trust is suffering: {party} now asks for daily reports.",
        ),
        ongoing=(
            "Mood has not improved.",
            "{contact} is still sceptical about the {system}.",
            "Relations remain strained and could get worse if {milestone} moves.",
        ),
        resolved=(
            "{contact} was pleased with the demo on {solved}; the mood has turned.",
            "Relations are good again after the joint session.",
            "The complaints have stopped, feedback is positive now.",
        ),
        denied=("The client is happy, no complaints.", "No tension with {party}."),
    ),
    "escalation": Wording(
        topic="the escalation by {party}",
        short=("{contact} escalated to management", "escalation over {system}"),
        raised=(
            "{contact} escalated the {system} delays to our management on {day}.",
            "{party} escalated: they want a recovery plan for {milestone} by {due}.",
            "We received a formal complaint about {task}.",
        ),
        ongoing=(
            "The escalation is still open.",
            "Daily calls on the escalation continue.",
            "Recovery plan sent, {party} may not accept it.",
        ),
        resolved=(
            "The escalation was closed on {solved}.",
            "{party} accepted the recovery plan and withdrew the complaint.",
            "De-escalated after the call with {contact}.",
        ),
        denied=("No escalations.", "Nothing was escalated this week."),
    ),
}
