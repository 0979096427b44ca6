"""Table of score sums per time bucket, for charts."""

from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


class ScoreSumRow(StoredModel, table=True):
    """Sums of one measure in a time bucket and segment, without probes.

    `measure` is an evaluator, its `:p_unsupported`, or a kind of tokens; `state` is that of the
    evaluation, or the model whose tokens they are. "" is an unknown version.
    """

    __tablename__ = "score_sum"
    __table_args__ = ({"sqlite_with_rowid": False},)

    width: int = Field(primary_key=True, sa_type=WIDE)  # seconds
    bucket: int = Field(primary_key=True, sa_type=WIDE)  # start, seconds since the epoch
    service: str = Field(primary_key=True)
    model_version: str = Field(primary_key=True)
    prompt_version: str = Field(primary_key=True)
    index_version: str = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    n: int = Field(sa_type=WIDE)
    total: float
    squares: float
    flagged: int = Field(sa_type=WIDE)


# For queries, which are SQLAlchemy Core throughout.
SCORE_SUM = StoredModel.metadata.tables["score_sum"]
