"""${message}"""

import sqlalchemy as sa
% if imports:
${imports}
% endif
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
