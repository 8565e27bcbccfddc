"""What engagements are made of: their types, phases, tasks, milestones and notebooks."""

from __future__ import annotations

from engagements.records import Phase

# Share of the plan that each phase takes.
PHASES: dict[Phase, float] = {
    Phase.DISCOVERY: 0.12,
    Phase.SETUP: 0.13,
    Phase.DESIGN: 0.15,
    Phase.BUILD: 0.31,
    Phase.TEST: 0.14,
    Phase.OPTIMIZE: 0.08,
    Phase.CLOSE: 0.07,
}

MILESTONES: dict[Phase, tuple[str, ...]] = {
    Phase.DISCOVERY: ("Scope sign-off", "Discovery readout"),
    Phase.DESIGN: ("Design sign-off", "Architecture approval", "Solution design approval"),
    Phase.BUILD: ("Build completion", "Feature freeze"),
    Phase.TEST: ("UAT sign-off", "Acceptance sign-off", "Test exit"),
    Phase.CLOSE: ("Go-live", "Production cutover", "Handover sign-off"),
}

TASKS: dict[Phase, tuple[str, ...]] = {
    Phase.DISCOVERY: (
        "Stakeholder interviews",
        "Inventory of {system} tables",
        "Current-state assessment",
        "Data source walkthrough: {system}",
        "Requirements workshop",
        "Success criteria workshop",
        "Licence and cost baseline",
        "Data volume profiling for {system}",
    ),
    Phase.SETUP: (
        "Development workspace",
        "Network peering and private link",
        "Service accounts and secrets",
        "CI/CD pipeline for notebooks",
        "Single sign-on for the workspace",
        "Connectivity to {system}",
        "Terraform modules for environments",
        "Cluster policies and cost tags",
    ),
    Phase.DESIGN: (
        "Target architecture",
        "Data model for {system}",
        "Security and access model",
        "Ingestion patterns for {system}",
        "Naming and folder conventions",
        "Backfill and cutover design",
        "Monitoring and alerting design",
        "Cost model and sizing",
    ),
    Phase.BUILD: (
        "Bronze ingest from {system}",
        "Silver model for {system}",
        "Incremental load of {system}",
        "Data quality checks on {system}",
        "Gold tables for reporting",
        "Workflow orchestration",
        "Historic backfill of {system}",
        "Reconciliation reports for {system}",
        "Error handling and replay",
    ),
    Phase.TEST: (
        "Integration test of {system}",
        "Performance test with full volume",
        "User acceptance test",
        "Data reconciliation against {system}",
        "Disaster recovery rehearsal",
        "Security test and fixes",
        "Parallel run with the old system",
    ),
    Phase.OPTIMIZE: (
        "Cluster right-sizing",
        "Query tuning on gold tables",
        "Z-order and file compaction",
        "Job cost review",
        "Dashboard refresh tuning",
    ),
    Phase.CLOSE: (
        "Operations runbook",
        "Administrator training",
        "Knowledge transfer sessions",
        "Hypercare",
        "Lessons learned",
        "Documentation handover",
    ),
}

# What only this type of engagement does, and the notebooks that its people run.
TYPES: dict[str, tuple[dict[Phase, tuple[str, ...]], tuple[str, ...]]] = {
    "Platform Migration": (
        {
            Phase.DISCOVERY: ("Workload inventory and waves",),
            Phase.DESIGN: ("Migration wave plan",),
            Phase.BUILD: (
                "Stored procedure conversion, wave 1",
                "Stored procedure conversion, wave 2",
                "Migration of {system} jobs",
                "Report rewrite for {system}",
            ),
            Phase.TEST: ("Output comparison, wave 1",),
        },
        ("01_schema_compare", "02_wave1_convert", "03_wave2_convert", "row_count_check", "cutover"),
    ),
    "Data Lake Implementation": (
        {
            Phase.DESIGN: ("Zones and retention design",),
            Phase.BUILD: ("Landing zone for {system}", "Curated zone", "File arrival triggers"),
            Phase.OPTIMIZE: ("Storage tiering",),
        },
        ("landing_ingest", "curate_daily", "profile_sources", "retention_check"),
    ),
    "ML Platform Setup": (
        {
            Phase.DISCOVERY: ("Use case shortlist",),
            Phase.DESIGN: ("Feature store design", "Model lifecycle design"),
            Phase.BUILD: (
                "Feature pipelines from {system}",
                "Model registry and promotion",
                "Training template notebooks",
                "Batch scoring job",
            ),
            Phase.TEST: ("Model validation with holdout data",),
        },
        ("feature_build", "train_baseline", "train_gbm", "batch_score", "drift_report"),
    ),
    "Delta Lake Implementation": (
        {
            Phase.DESIGN: ("Table layout and partitioning",),
            Phase.BUILD: ("Merge logic for {system}", "Change data feed", "Schema evolution rules"),
            Phase.OPTIMIZE: ("Vacuum and retention policy",),
        },
        ("merge_upserts", "cdf_reader", "optimize_tables", "quality_checks"),
    ),
    "Unity Catalog Deployment": (
        {
            Phase.SETUP: ("Metastore and storage credentials",),
            Phase.DESIGN: ("Catalog and schema layout", "Grants model by group"),
            Phase.BUILD: (
                "Table upgrade for {system}",
                "External locations for {system}",
                "Row filters and column masks",
                "Lineage check",
            ),
        },
        ("uc_upgrade_scan", "grants_audit", "external_locations", "lineage_report"),
    ),
    "Real-time Analytics": (
        {
            Phase.DESIGN: ("Latency budget and windowing",),
            Phase.BUILD: (
                "Streaming ingest from {system}",
                "Late event handling",
                "Alert rules and sinks",
                "Live dashboard",
            ),
            Phase.TEST: ("Soak test of the stream",),
        },
        ("stream_ingest", "window_agg", "late_events", "alerting", "replay_tool"),
    ),
    "Data Governance": (
        {
            Phase.DISCOVERY: ("Data owner interviews",),
            Phase.DESIGN: ("Policy catalogue", "Classification scheme"),
            Phase.BUILD: (
                "Column classification of {system}",
                "Business glossary",
                "Access request workflow",
                "Quality rules for {system}",
            ),
        },
        ("classify_columns", "glossary_sync", "policy_report", "quality_rules"),
    ),
    "Lakehouse Architecture": (
        {
            Phase.DISCOVERY: ("Reporting landscape review",),
            Phase.DESIGN: ("Medallion layout", "Semantic layer design"),
            Phase.BUILD: (
                "Conformed dimensions",
                "Fact tables from {system}",
                "Semantic model",
                "Self-service workspace",
            ),
        },
        ("bronze_loads", "silver_conform", "gold_marts", "semantic_refresh", "sandbox_intro"),
    ),
}

BLOCKABLE = frozenset({Phase.SETUP, Phase.DESIGN, Phase.BUILD, Phase.TEST})
EXTRA_SCOPE = (
    "Additional source: {system}",
    "Change request: history from {system}",
    "Change request: second region",
    "Extra dashboards for finance",
    "Ad hoc extracts from {system}",
    "Row-level security for partners",
)
