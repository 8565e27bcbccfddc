"""Words for everything that is no trouble: work done, plans, openings, closings, asides."""

# ruff: noqa: E501 - a phrase is easier to judge on one line

OPENERS = (
    "[Good|Productive|Busy] week with {customer}.",
    "Quick [note|update] from [{customer}|today's call].",
    "Had [our|the] weekly call with {contact} [this morning|on {day}|just now].",
    "Just out of the [stand-up|review|sync] with {contact}.",
    "Spent [two days|most of the week] on site with {customer}.",
    "Caught up with {contact} [over lunch|by phone|after the demo].",
    "[Short|Brief] update before the weekend.",
    "[Back|Home] from the workshop at {customer}.",
    "Sat down with {mate} and {contact} to go through the {system}.",
    "Not much drama this time.",
    "A mixed [week|bag].",
    "Lots going on at {customer}.",
)
FORMAL_OPENERS = (
    "Status as of {date}: {percent}% of the planned tasks are complete.",
    "Reporting date {date}. The engagement is in the {phase} phase.",
    "Weekly status, {date}.",
    "Summary for the week ending {date}: {done} of {total} tasks are complete.",
    "As of {date}, the team is working on {task}.",
    "The {phase} phase continues.",
    "Steering summary for {customer}, {date}.",
)
GREEN_OPENERS = (
    "Overall status remains green.",
    "Status: green. [The team is positive|We are confident|Good energy in the team].",
    "All good overall, [the client is happy|we are on it|nothing to worry about].",
    "On track overall.",
    "Green again this week.",
    "[Happy|Pleased] to report another green week.",
)
DONE = (
    "{task} is [done|complete|finished].",
    "We [finished|completed|wrapped up] {task} [on {day}|this week|as planned].",
    "{task} went [well|smoothly] and is closed.",
    "{mate} [delivered|closed] {task}.",
    "{contact} [accepted|signed] {task} without remarks.",
    "{task} done, [thanks to {mate}|nice work by {mate}].",
    "We can tick off {task}.",
    "{task} passed review with {contact}.",
)
RUNNING = (
    "{task} is [in progress|under way|coming along].",
    "[Working|The team is working] on {task}, [about half way|going as expected|first results look good].",
    "{mate} [is on|continues with] {task}.",
    "{task} is going [well|according to plan].",
    "{mate} and {contact} went through the open questions on {task}.",
)
BUILDING = (
    *RUNNING,
    "First [tables|results] from {task} are in and look [right|plausible|fine].",
    "We showed an early version of {task} to {contact}, who [liked it|had two small remarks].",
    "{task}: {mate} paired with one of the client's engineers.",
)
NEXT = (
    "Next [up|week]: {next}.",
    "We [start|will start] {next} [on {day}|next week].",
    "{next} is planned for [next week|the coming days].",
    "{mate} prepares {next}.",
    "The coming week is for {next}.",
)
FIGURES = (
    "The {system} load ran through [every night|all week], about {big} rows a day.",
    "{big} rows of the {system} loaded, counts match.",
    "{n} of {m} {system} tables are in the silver layer.",
    "Cluster cost is [down|lower] by {n}% after the policy change.",
    "{n} people from {customer} worked in the workspace [this week|since {day}].",
    "Test run on the {system}: {m} cases, all passed.",
)
ASIDES = (
    "{contact} [asked|would like] to see the {system} in the next demo.",
    "{contact} said thanks for the quick turnaround.",
    "{party} joined the demo and [asked good questions|liked what they saw].",
    "Their users find the old {system} screens painful, which is exactly what the new reports replace.",
    "Customers of {customer} complained about slow replies in the past; our dashboard shows it nicely.",
    "Interesting find: {pct}% of the old {system} reports have not been opened for a year.",
    "The workshop gave us a clear picture of how {party} uses the {system}.",
    "{mate} ran a short session on Delta basics, well received.",
    "Had a first look at the {system}, nothing unusual.",
    "{contact} is on holiday next week, deputy is named.",
    "Moved the review to {day}, no impact.",
    "Agreed the agenda for the next steering committee.",
    "The team day at {customer} was fun and useful.",
    "Documented the {system} conventions in the wiki.",
    "Pull request reviews now take less than a day.",
)
HEDGES = (
    "{next} may take a little longer than planned, too early to say.",
    "There is a chance that {next} moves by a few days.",
    "If {party} cannot free people in time, {next} might slip.",
    "Not sure yet whether the {system} volume fits the estimate; will know by {day}.",
    "We should keep an eye on the {system}, no action needed now.",
    "Possible clash between {next} and the holiday period.",
)
SOFT = (
    "A few items are a little behind on paper, but the team is confident.",
    "{task} takes a bit longer than planned, we will make it up.",
    "Some open points on the {system}, [nothing dramatic|all manageable].",
    "The dates in the tool are not up to date, [ignore the red ones|we will tidy up].",
    "{task} needs another round, not a concern for the overall date.",
    "Still a number of open defects on the {system}, we expect to close them soon.",
)
STILL = (
    "Still nothing new on {topic}.",
    "No progress on {topic} since last [week|time].",
    "{contact} and I spoke about {topic} again, [no decision|no result yet|next check on {day}].",
    "It is {age} days now, and {topic} [is not solved|is still open].",
    "{topic} still costs us [time|about {n} hours a week].",
    "{topic} remains [open|unsolved|our main worry].",
    "[Chased|Reminded] {contact} about {topic}[ on {day}|, no result|].",
    "I do not see {topic} solved before {due}.",
)
DENIALS = (
    "No blockers [this week|at the moment|right now].",
    "No blockers.",
    "No [open|new] issues[ to report|].",
    "Nothing is blocking us.",
    "No risks [to report|identified|on my side].",
    "Nothing to escalate.",
    "There are no impediments.",
    "No issues, no surprises.",
    "We see no risk for {milestone}.",
    "No concerns from {contact}.",
    "{milestone} is on track.",
    "Everything [is going to plan|runs as it should].",
    "None of the points from last time is still open.",
)
ASKS = (
    "Could someone [chase|call] {party}?",
    "We need a decision from the sponsor by {due}.",
    "Please put this on the agenda of the steering committee.",
    "{mate} will follow up with {contact} on {day}.",
    "I will call {contact} [tomorrow|on {day}].",
    "Action: {mate} to write to {party} by {due}.",
    "I suggest we [escalate|raise it with the sponsor] if nothing happens by {due}.",
    "Need help from the account team on this one.",
)
CLOSERS = (
    "More on {day}.",
    "Will keep you posted.",
    "Onwards.",
    "Next demo is on {day}.",
    "Let's see how {day} goes.",
    "Happy to explain on a call.",
    "That's all from my side.",
    "Talk on {day}.",
)
RECOVERY = (
    "We are catching up quickly, {done} of {total} tasks complete.",
    "Most of the lost time on {task} is made up.",
    "The backlog from the wait is nearly worked off.",
    "Good pace since the blocker went away.",
)
AHEAD = (
    "We are ahead of plan.",
    "{task} is ahead of its date, we pulled {next} forward.",
    "{done} of {total} tasks complete, earlier than planned.",
    "At this pace we finish before the end date.",
)
PAUSED = (
    "Work is paused [until further notice|since {day}]; the team has been reassigned.",
    "The engagement is on hold at the request of {contact}.",
    "On hold: no work planned until {party} [decides|comes back].",
    "We stopped work as agreed, environments are kept running at minimum size.",
)
FADING = (
    "Short note, little to report.",
    "Could not get hold of {contact}.",
    "Weekly call cancelled [again|by {contact}].",
    "Not much happening on the client side.",
    "Worked on {task} [on our own|without feedback].",
    "Sent the notes from last time, no reaction.",
)
ENDED = (
    "{customer} is live since {date}; hypercare ends [soon|next week].",
    "All deliverables are accepted, final invoice is out.",
    "Closing session with {contact} went well; they want to talk about a next phase.",
    "Handover is complete and the runbook is with {party}.",
    "Engagement closed. Lessons learned are in the wiki.",
    "Go-live went without incidents.",
)
KICKOFF = (
    "Kick-off with {customer} held, {contact} and {party} took part.",
    "First week: interviews with {party} and a walk through the {system}.",
    "Project start. Team introduced, working agreements set.",
)
DULL = (
    "No change since last week.",
    "No blockers this week.",
    "Nothing new to report.",
    "All on track, no blockers.",
    "Everything according to plan.",
    "No update.",
)

# Three headings each: what was done, what is wrong, what comes next.
HEADINGS = (
    ("Done:", "Blockers:", "Next:"),
    ("Progress:", "Issues:", "Next steps:"),
    ("**Done**", "**Risks**", "**Plan**"),
    ("## Progress", "## Blockers", "## Next"),
    ("This week:", "Problems:", "Next week:"),
    ("Completed:", "Risks / issues:", "Planned:"),
    ("DONE", "BLOCKED", "TODO"),
)
NONES = ("None", "none", "None.", "No blockers", "n/a", "Nothing open")
DONE_SHORT = (
    "{task} done",
    "{task} finished",
    "closed {task}",
    "{task} reviewed with {contact}",
    "{task} complete",
)
RUNNING_SHORT = (
    "{task} ongoing",
    "{task} in progress",
    "continued {task}",
    "worked on {task} with {mate}",
)
SOLVED_SHORT = (
    "{topic} resolved",
    "{topic}: fixed on {solved}",
    "{topic} sorted out",
    "closed: {topic}",
    "{topic} no longer an issue",
)
STILL_SHORT = ("still: {short}", "{short} (unchanged)", "{short}, no update", "{short}")
NEXT_SHORT = ("{next}", "start {next}", "prepare {next}", "{next} with {mate}")
