"""Words for technical and data, governance and security, and adoption troubles."""

# ruff: noqa: E501 - a phrase is easier to judge on one line

from connectors.sources.sample.phrases.wording import Wording

TECHNICAL: dict[str, Wording] = {
    "data_quality": Wording(
        topic="data quality in the {system}",
        short=(
            "{system}: {pct}% of keys null",
            "duplicates in {system}",
            "{system} totals don't match",
        ),
        raised=(
            "About {pct}% of the rows in the {system} fail the quality checks, [mostly null keys|duplicate ids above all].",
            "The {system} totals do not match the source; we are off by {pct}% and cannot [explain it|sign off {task}].",
            "Bad data in the {system}: [dates in three formats|orphaned records|duplicates] that break {task}.",
            "Reconciliation of the {system} failed again, [{n} tables affected|root cause unknown].",
        ),
        ongoing=(
            "Quality of the {system} has not improved.",
            "Still chasing the mismatch in the {system}; {task} can't be signed like this.",
            "The duplicates in the {system} may come from the source, {contact} is checking.",
        ),
        resolved=(
            "The {system} now reconciles to the cent; data quality issue fixed.",
            "{mate} found the duplicate load in the {system} and removed it, totals match since {solved}.",
            "Source team cleaned the {system} keys, checks are green again.",
        ),
        denied=("No data quality issues.", "Checks on the {system} are clean, nothing to report."),
    ),
    "performance": Wording(
        topic="performance of the {system} load",
        short=("{system} load takes {n} h", "{system} too slow for the window"),
        raised=(
            "The {system} load takes {n} hours and [does not fit|misses] the nightly window.",
            "Queries on the {system} are [too slow|timing out]; the dashboards are unusable at full volume.",
            "Performance test failed: the {system} reached {pct}% of the required throughput.",
            "Skewed joins make the {system} job crawl, [we have no fix yet|tuning goes on].",
        ),
        ongoing=(
            "The {system} is still too slow for the window.",
            "Tuning brought the {system} load down a little, but not enough.",
            "Slow {system} queries remain; may need a redesign of the partitions.",
        ),
        resolved=(
            "After repartitioning the {system} load runs in {n} minutes; performance is no longer an issue.",
            "{mate} fixed the skew, the {system} fits the window since {solved}.",
            "Performance test passed on {solved} with room to spare.",
        ),
        denied=("Performance is good, no slow jobs.", "No performance problems with the {system}."),
    ),
    "integration": Wording(
        topic="the {system} integration",
        short=("{system} interface failing", "{system} schema changed without notice"),
        raised=(
            "The {system} changed its schema without notice and [broke|stopped] {task}.",
            "Integration with the {system} [fails|does not work]: [authentication errors|messages arrive out of order|the API drops requests].",
            "The {system} interface returns errors for about {pct}% of the calls.",
            "We cannot connect {task} to the {system}; the two sides disagree on the format.",
        ),
        ongoing=(
            "{system} interface still broken.",
            "Integration with the {system} remains unstable, {task} is affected.",
            "A fix for the {system} interface is in test, could be ready by {due}.",
        ),
        resolved=(
            "The {system} integration works since {solved}; [schema contract agreed|retry logic added].",
            "Interface errors on the {system} are gone after the fix.",
            "{mate} and {contact} sorted out the {system} format, issue closed.",
        ),
        denied=("Interfaces run without errors.", "No integration issues this week."),
    ),
    "failed_runs": Wording(
        topic="the failing {system} job",
        short=("{system} job failed {n} nights", "nightly {system} run red"),
        raised=(
            "The nightly {system} job [failed|crashed] {n} times [this week|since {day}].",
            "{n} failed runs on the {system}: [out of memory|cluster start timeouts|missing partitions].",
            "The {system} pipeline [is red|has been failing] since {day}, downstream tables are stale.",
        ),
        ongoing=(
            "The {system} job failed again last night.",
            "Still red on the {system}; restarts help for a day at most.",
            "Failures on the {system} are fewer but not gone.",
        ),
        resolved=(
            "The {system} job has been green for {n} nights, the failures are fixed.",
            "{mate} raised the executor memory and the {system} runs through since {solved}.",
            "No more failed runs on the {system} after the retry fix.",
        ),
        denied=("No failed jobs.", "All nightly runs were green, no failures."),
    ),
    "compliance": Wording(
        topic="the privacy assessment for the {system}",
        short=("privacy assessment for {system} open", "retention rule for {system} not met"),
        raised=(
            "The privacy officer found personal data in the {system} that should not be there; {task} is [stopped|paused].",
            "We do not meet the retention rule for the {system} yet, and audit will look at it.",
            "Data protection assessment for the {system} is [missing|incomplete]; we may not load production data.",
        ),
        ongoing=(
            "Privacy assessment still open.",
            "Compliance has more questions on the {system}, answers due {due}.",
            "Without the assessment we might lose {milestone}.",
        ),
        resolved=(
            "The privacy assessment for the {system} was approved on {solved}.",
            "Personal fields in the {system} are masked now and compliance is satisfied.",
            "Audit accepted the retention setup, finding closed.",
        ),
        denied=("No compliance findings.", "Compliance has no objections."),
    ),
    "approval_pending": Wording(
        topic="approval of {milestone}",
        short=("approval for {milestone} pending", "sign-off stuck with {party}"),
        raised=(
            "{milestone} waits for approval by {party}; [{task} can't go on|we are idle] until then.",
            "The architecture board [postponed|did not discuss] our {system} design, so approval is pending.",
            "Sign-off for the {system} change is [stuck|sitting] with {party} since {day}.",
        ),
        ongoing=(
            "Approval is still pending.",
            "{contact} has the paper on the desk, no signature yet.",
            "The board meets on {due}; approval could slip past that.",
        ),
        resolved=(
            "{party} approved on {solved}, we can go on.",
            "Sign-off received, nothing pending.",
            "The board approved the {system} design without conditions.",
        ),
        denied=("No approvals outstanding.", "Nothing is waiting for sign-off."),
    ),
    "sec_review": Wording(
        topic="the security review of the {system}",
        short=("security review of {system} not done", "{n} pen-test findings open"),
        raised=(
            "The security review of the {system} has not [started|been scheduled]; {task} is blocked until it is.",
            "Security raised {n} findings on the {system}, [two of them|one of them] critical.",
            "{party} wants a penetration test before {task}, which nobody planned.",
        ),
        ongoing=(
            "Security review still outstanding.",
            "Findings on the {system} are being worked on, [two|some] remain open.",
            "Security could not give us a slot before {due}.",
        ),
        resolved=(
            "Security review passed on {solved}, no open findings.",
            "All {n} findings on the {system} are closed and {task} is released.",
            "{party} cleared the {system} design.",
        ),
        denied=("No security findings.", "Security has signed off, nothing open."),
    ),
    "usage_drop": Wording(
        topic="usage of the workspace",
        short=("workspace usage down {pct}%", "hardly any notebook runs"),
        raised=(
            "Usage of the workspace [fell|dropped] by about {pct}% over the last [two weeks|sprint].",
            "Hardly anyone at {customer} runs the notebooks [any more|now].",
            "The analysts went back to the {system}; our tables see little traffic.",
        ),
        ongoing=(
            "Usage stays low.",
            "Fewer runs again, [only {mate} and one analyst|mostly our own tests].",
            "If usage does not pick up, the value case may not hold.",
        ),
        resolved=(
            "Usage recovered after the training on {solved}.",
            "The analysts are back in the workspace, runs are up again.",
            "Notebook runs are back to the level before the dip.",
        ),
        denied=("Usage is healthy, no drop.", "No sign of falling usage."),
    ),
    "no_champion": Wording(
        topic="a champion on the client side",
        short=("no champion since {contact} left", "nobody owns the platform at {customer}"),
        raised=(
            "{contact}, our champion, moved to another department; nobody has taken over.",
            "There is no one at {customer} who [pushes|wants to own] the platform.",
            "We lack a product owner on the client side, questions on the {system} go unanswered.",
        ),
        ongoing=(
            "Still no product owner.",
            "No champion yet; {party} says they may name someone by {due}.",
            "Ownership at {customer} remains open.",
        ),
        resolved=(
            "{contact} took over as product owner on {solved}.",
            "{customer} named a champion, so ownership is clear.",
            "We have a committed owner on the client side again.",
        ),
        denied=("Ownership is clear.", "We do not lack a champion."),
    ),
    "training_gap": Wording(
        topic="training of the client team",
        short=("client team not trained", "training cancelled, {n} people missing"),
        raised=(
            "The client's engineers cannot run the {system} pipelines on their own yet; training was [cancelled|cut short].",
            "Only {n} people came to the training, the operations team was not among them.",
            "{party} lacks the SQL and Spark skills for {task}.",
        ),
        ongoing=(
            "Training still has to be rescheduled.",
            "The skills gap in the operations team remains.",
            "Handover may suffer if the training does not happen before {due}.",
        ),
        resolved=(
            "Training took place on {solved} with {n} people; the gap is closed.",
            "The operations team ran the {system} release alone, no help needed.",
            "All engineers have completed the course.",
        ),
        denied=("No training gaps.", "Training is complete, nothing missing."),
    ),
}
