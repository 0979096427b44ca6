"""rename tables, columns, metrics and fields to the terms of the trade"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = {
    "axis_value": "dimension_value",
    "shadowed": "closed_book_turn",
    "early_shadow": "early_closed_book",
    "canary_run": "probe_run",
    "canary_result": "probe_result",
    "watch": "signal_monitor",
    "piece": "trace_fragment",
    "notice": "notification",
    "baseline_act": "baseline_action",
}
WITH_AXIS = ("alarm", "dimension_value", "detector", "rollout")
METRICS = {
    "groundwire_canary_outcomes": "groundwire_probe_outcomes",
    "groundwire_canary_runs": "groundwire_probe_runs",
    "groundwire_prior_marked_turns": "groundwire_self_reported_memory_answers",
    "groundwire_label_sets_folded": "groundwire_series_overflowed",
    "groundwire_label_sets_retired": "groundwire_series_evicted",
}
SOURCES = {
    '"source": "shadow"': '"source": "closed_book"',
    '"source": "canary"': '"source": "probe"',
}
# A quote inside a JSON text is escaped, so a quoted key with its colon is never part of a text.
FACTS = {
    '"shadow_of":': '"closed_book_of":',
    '"shadow":': '"closed_book":',
    '"canary":': '"probe":',
}


def upgrade() -> None:
    for old, new in TABLES.items():
        _rename_indexes_of(old, new)
        op.rename_table(old, new)
    for table in WITH_AXIS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN axis TO dimension")
    for table in ("counter", "histogram"):
        for old, new in METRICS.items():
            _set(table, "metric", f"'{new}'", f"metric = '{old}'")
        for old, new in _spellings(SOURCES).items():
            _set(table, "labels", f"replace(labels, '{old}', '{new}')", f"labels LIKE '%{old}%'")
    _rename_keys("turn", "facts", FACTS)
    _rename_keys("alarm", "details", {'"axis":': '"dimension":'})
    _set("alarm", "signal", "'probe'", "signal = 'canary'")


def _spellings(pairs: dict[str, str]) -> dict[str, str]:
    """The pairs as JSON writes them with and without a space behind the colon."""
    return {
        **pairs,
        **{old.replace(": ", ":"): new.replace(": ", ":") for old, new in pairs.items()},
    }


def _set(table: str, column: str, value: str, where: str) -> None:
    op.execute(f"UPDATE {table} SET {column} = {value} WHERE {where}")


def _rename_keys(table: str, column: str, keys: dict[str, str]) -> None:
    """Rename keys of a JSON column, as text."""
    text = f"CAST({column} AS TEXT)"
    for old, new in keys.items():
        text = f"replace({text}, '{old}', '{new}')"
    value = f"CAST({text} AS JSON)" if op.get_bind().dialect.name == "postgresql" else text
    wanted = " OR ".join(f"CAST({column} AS TEXT) LIKE '%{old}%'" for old in keys)
    op.execute(f"UPDATE {table} SET {column} = {value} WHERE {wanted}")


def _rename_indexes_of(table: str, new: str) -> None:
    """Make the indexes of `table` anew under its new name; SQLite cannot rename one."""
    for index in sa.inspect(op.get_bind()).get_indexes(table):
        name = str(index["name"])
        if f"_{table}_" in name:
            columns = [str(column) for column in index["column_names"]]
            op.drop_index(name, table_name=table)
            op.create_index(name.replace(f"_{table}_", f"_{new}_", 1), table, columns)
