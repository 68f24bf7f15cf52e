"""Reflects a PostgreSQL door with SQLAlchemy, as Superset and notebooks do, and prints what it saw as one line of JSON.

Configured by the environment: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, and OUTPORT_TABLE (`schema.table`), a table
as `crates/outport/tests/it/doors_postgres.rs` makes it. Argument: the driver, `psycopg2` or `psycopg`.
"""

import json
import os
import sys

import sqlalchemy as sa

SCHEMA, NAME = os.environ["OUTPORT_TABLE"].split(".")


def main():
    driver = sys.argv[1]
    address = sa.URL.create(
        f"postgresql+{driver}",
        os.environ["PGUSER"],
        os.environ["PGPASSWORD"],
        os.environ["PGHOST"],
        int(os.environ["PGPORT"]),
        os.environ["PGDATABASE"],
    )
    engine = sa.create_engine(address)
    inspector = sa.inspect(engine)
    seen = {"client": f"sqlalchemy {sa.__version__} {driver}"}
    seen["default"] = inspector.default_schema_name
    seen["schemas"] = inspector.get_schema_names()
    seen["tables"] = inspector.get_table_names(SCHEMA)
    seen["views"] = [inspector.get_view_names(SCHEMA), inspector.get_materialized_view_names(SCHEMA)]
    seen["enums"] = [inspector.get_enums(), inspector.get_domains(), inspector.get_sequence_names(SCHEMA)]
    columns = inspector.get_columns(NAME, SCHEMA)
    seen["columns"] = [[one["name"], str(one["type"]), one["nullable"], one["comment"]] for one in columns]
    seen["key"] = inspector.get_pk_constraint(NAME, SCHEMA)
    seen["foreign"] = inspector.get_foreign_keys(NAME, SCHEMA)
    seen["indexes"] = [inspector.get_indexes(NAME, SCHEMA), inspector.get_unique_constraints(NAME, SCHEMA)]
    seen["checks"] = inspector.get_check_constraints(NAME, SCHEMA)
    seen["comment"] = inspector.get_table_comment(NAME, SCHEMA)["text"]
    seen["options"] = inspector.get_table_options(NAME, SCHEMA)
    tables = [inspector.has_table(name, SCHEMA) for name in (NAME, "nothing")]
    seen["there"] = [*tables, inspector.has_schema(SCHEMA)]
    table = sa.Table(NAME, sa.MetaData(), schema=SCHEMA, autoload_with=engine)
    with engine.connect() as connection:
        query = sa.select(table.c.id).where(table.c.id.in_([1, 2]), table.c.amount > 0).order_by(table.c.id).limit(5)
        seen["rows"] = [row[0] for row in connection.execute(query)]
        streamed = connection.execution_options(stream_results=True, max_row_buffer=2).execute(sa.select(table.c.id))
        seen["streamed"] = sum(1 for _ in streamed)
    print(json.dumps(seen, ensure_ascii=False))


if __name__ == "__main__":
    main()
