"""the first schema"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("axis", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("raised_ns", WIDE, nullable=False),
        sa.Column("changed_ns", WIDE, nullable=False),
        sa.Column("changed_from_ns", WIDE, nullable=False),
        sa.Column("changed_until_ns", WIDE, nullable=False),
        sa.Column("size", sa.Float(), nullable=False),
        sa.Column("size_low", sa.Float(), nullable=False),
        sa.Column("size_high", sa.Float(), nullable=False),
        sa.Column("resolved_ns", WIDE, nullable=True),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alarm_service"), ["service"], unique=False)

    op.create_table(
        "api_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("services", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_digest"), ["digest"], unique=True)

    op.create_table(
        "arrival",
        sa.Column("seq", WIDE, nullable=False),
        sa.Column("trace_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("received_ns", WIDE, nullable=False),
        sa.Column("closes", sa.Boolean(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "axis_value",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("axis", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("position", WIDE, nullable=False),
        sa.Column("first_seen_ns", WIDE, nullable=False),
        sa.PrimaryKeyConstraint("service", "axis", "value"),
    )
    op.create_table(
        "baseline",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("pinned_ns", WIDE, nullable=True),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("service", "signal", "revision"),
    )
    op.create_table(
        "canary_result",
        sa.Column("run_id", WIDE, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "key"),
    )
    op.create_table(
        "canary_run",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("prompt_version", sa.String(), nullable=False),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_ns", WIDE, nullable=False),
        sa.Column("ended_ns", WIDE, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("canary_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_canary_run_started_ns"), ["started_ns"], unique=False)

    op.create_table(
        "claim",
        sa.Column("turn_id", sa.String(), nullable=False),
        sa.Column("evaluator", sa.String(), nullable=False),
        sa.Column("position", WIDE, nullable=False),
        sa.Column("start", WIDE, nullable=False),
        sa.Column("end", WIDE, nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("support", sa.Float(), nullable=True),
        sa.Column("chunk", WIDE, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("spans", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("turn_id", "evaluator", "position"),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_verdict"), ["verdict"], unique=False)

    op.create_table(
        "content",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("day", WIDE, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("content", schema=None) as batch_op:
        batch_op.create_index("ix_content_digest", ["digest", "day"], unique=True)

    op.create_table(
        "counter",
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("labels", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("updated_ns", WIDE, nullable=False),
        sa.Column("exemplar", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("metric", "labels"),
    )
    op.create_table(
        "cursor",
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("seq", WIDE, nullable=False),
        sa.PrimaryKeyConstraint("reader"),
    )
    op.create_table(
        "detector",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("axis", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("statistic", sa.Float(), nullable=False),
        sa.Column("updated_ns", WIDE, nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("service", "signal", "revision", "axis", "value"),
    )
    op.create_table(
        "histogram",
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("labels", sa.String(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("updated_ns", WIDE, nullable=False),
        sa.Column("exemplars", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("metric", "labels"),
    )
    op.create_table(
        "log_record",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("trace_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("span_id", sa.LargeBinary(length=8), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("received_ns", WIDE, nullable=False),
        sa.Column("contents", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("trace_id", "span_id", "digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pending_trace",
        sa.Column("trace_id", sa.String(), nullable=False),
        sa.Column("last_received_ns", WIDE, nullable=False),
        sa.Column("root_ended", sa.Boolean(), nullable=False),
        sa.Column("due_ns", WIDE, nullable=False),
        sa.PrimaryKeyConstraint("trace_id"),
    )
    with op.batch_alter_table("pending_trace", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pending_trace_due_ns"), ["due_ns"], unique=False)

    op.create_table(
        "score",
        sa.Column("turn_id", sa.String(), nullable=False),
        sa.Column("evaluator", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("signals", sa.JSON(), nullable=True),
        sa.Column("citations", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("turn_id", "evaluator", "revision"),
    )
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_score_state"), ["state"], unique=False)

    op.create_table(
        "shadowed",
        sa.Column("turn_id", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=True),
        sa.Column("prompt_version", sa.String(), nullable=True),
        sa.Column("sampled_ns", WIDE, nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("cell", sa.String(), nullable=True),
        sa.Column("diagnostic", sa.Boolean(), nullable=False),
        sa.Column("memory_strength", sa.Float(), nullable=False),
        sa.Column("cluster", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("turn_id"),
    )
    with op.batch_alter_table("shadowed", schema=None) as batch_op:
        batch_op.create_index("ix_shadowed_cell_sampled", ["cell", "sampled_ns"], unique=False)
        batch_op.create_index(batch_op.f("ix_shadowed_service"), ["service"], unique=False)

    op.create_table(
        "span",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("trace_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("span_id", sa.LargeBinary(length=8), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("received_ns", WIDE, nullable=False),
        sa.Column("start_ns", WIDE, nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("contents", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("trace_id", "span_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "store_fact",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "turn",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("trace_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=True),
        sa.Column("prompt_version", sa.String(), nullable=True),
        sa.Column("index_version", sa.String(), nullable=True),
        sa.Column("started_ns", WIDE, nullable=False),
        sa.Column("question", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("not_evaluable_reason", sa.String(), nullable=True),
        sa.Column("p_unsupported", sa.Float(), nullable=True),
        sa.Column("chunks", sa.JSON(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("turn", schema=None) as batch_op:
        batch_op.create_index("ix_turn_service_started", ["service", "started_ns"], unique=False)
        batch_op.create_index(batch_op.f("ix_turn_session_id"), ["session_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_turn_started_ns"), ["started_ns"], unique=False)
        batch_op.create_index(batch_op.f("ix_turn_trace_id"), ["trace_id"], unique=False)
        batch_op.create_index("ix_turn_worst", ["p_unsupported", "started_ns"], unique=False)
