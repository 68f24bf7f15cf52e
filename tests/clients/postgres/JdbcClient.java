import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.Callable;
import org.postgresql.PGStatement;

/**
 * Asks a PostgreSQL door with the JDBC driver, and prints what it saw as one line of JSON.
 *
 * <p>Configured by the environment: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, and OUTPORT_TABLE (`schema.table`), a
 * table as `crates/outport/tests/it/doors_postgres.rs` makes it. Needs the driver on the class path.
 */
public class JdbcClient {
    static final String[] TABLE = System.getenv("OUTPORT_TABLE").split("\\.");
    static final String NAME = System.getenv("OUTPORT_TABLE");
    static final String SLOW = "SELECT count(*) FROM generate_series(1, 100000000000)";
    static final Map<String, Object> seen = new LinkedHashMap<>();

    interface Setter {
        void set(PreparedStatement statement) throws SQLException;
    }

    static Connection connect(String... settings) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", System.getenv("PGUSER"));
        properties.setProperty("password", System.getenv("PGPASSWORD"));
        properties.setProperty("ApplicationName", "jdbc client");
        for (int i = 0; i < settings.length; i += 2) properties.setProperty(settings[i], settings[i + 1]);
        String address = System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        return DriverManager.getConnection("jdbc:postgresql://" + address, properties);
    }

    /** The SQLSTATE that something fails with. */
    static String state(Callable<?> work) {
        try {
            work.call();
            return null;
        } catch (SQLException error) {
            return error.getSQLState();
        } catch (Exception error) {
            return error.toString();
        }
    }

    /** Some columns of all rows, joined by `|`. */
    static List<String> rows(ResultSet rows, String... columns) throws SQLException {
        List<String> found = new ArrayList<>();
        while (rows.next()) {
            List<String> row = new ArrayList<>();
            for (String column : columns) row.add(String.valueOf(rows.getString(column)));
            found.add(String.join("|", row));
        }
        rows.close();
        return found;
    }

    static void metadata(Connection connection) throws SQLException {
        DatabaseMetaData data = connection.getMetaData();
        String schema = TABLE[0], table = TABLE[1];
        seen.put("client", data.getDriverName() + " " + data.getDriverVersion());
        seen.put("server", data.getDatabaseProductVersion());
        seen.put("schemas", rows(data.getSchemas(), "TABLE_SCHEM"));
        seen.put("catalogs", rows(data.getCatalogs(), "TABLE_CAT"));
        String[] kinds = {"TABLE", "VIEW"};
        ResultSet tables = data.getTables(null, null, "%", kinds);
        seen.put("tables", rows(tables, "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE", "REMARKS"));
        seen.put("columns", rows(data.getColumns(null, schema, table, "%"), "COLUMN_NAME", "TYPE_NAME", "IS_NULLABLE"));
        seen.put("keys", rows(data.getPrimaryKeys(null, schema, table), "COLUMN_NAME", "KEY_SEQ", "PK_NAME"));
        ResultSet indexes = data.getIndexInfo(null, schema, table, true, true);
        seen.put("indexes", rows(indexes, "INDEX_NAME", "COLUMN_NAME", "NON_UNIQUE"));
        ResultSet best = data.getBestRowIdentifier(null, schema, table, DatabaseMetaData.bestRowSession, true);
        seen.put("best", rows(best, "COLUMN_NAME"));
        seen.put("rights", rows(data.getTablePrivileges(null, schema, table), "GRANTEE", "PRIVILEGE"));
        seen.put("imported", rows(data.getImportedKeys(null, schema, table), "FK_NAME"));
        seen.put("exported", rows(data.getExportedKeys(null, schema, table), "FK_NAME"));
        seen.put("procedures", rows(data.getProcedures(null, schema, "%"), "PROCEDURE_NAME"));
        seen.put("types", rows(data.getTypeInfo(), "TYPE_NAME").contains("int8"));
        rows(data.getUDTs(null, null, "%", null), "TYPE_NAME");
        rows(data.getVersionColumns(null, schema, table), "COLUMN_NAME");
        rows(data.getColumnPrivileges(null, schema, table, "%"), "PRIVILEGE");
        connection.setSchema(schema);
        seen.put("schema", connection.getSchema());
        try (Statement statement = connection.createStatement()) {
            seen.put("unqualified", rows(statement.executeQuery("SELECT count(*) AS n FROM " + table), "n").get(0));
        }
        connection.setSchema("public");
    }

    /** The first row, each value as its Java type has it. */
    static List<String> typed(ResultSet rows) throws SQLException {
        rows.next();
        List<String> values = new ArrayList<>();
        values.add(String.valueOf(rows.getLong("id")));
        values.add(rows.getString("customer"));
        values.add(rows.getBigDecimal("amount").toPlainString());
        values.add(String.valueOf(rows.getDouble("weight")));
        values.add(String.valueOf(rows.getBoolean("paid")));
        values.add(rows.getObject("day", LocalDate.class).toString());
        values.add(rows.getObject("at", OffsetDateTime.class).toInstant().toString());
        values.add(rows.getObject("local", LocalDateTime.class).toString());
        values.add(String.join(",", (String[]) rows.getArray("tags").getArray()));
        values.add(HexFormat.of().formatHex(rows.getBytes("code")));
        values.add(String.valueOf(rows.getInt("pieces")));
        rows.close();
        return values;
    }

    static String count(Connection connection, String condition, Setter setter) throws SQLException {
        String found = null;
        String sql = "SELECT count(*) FROM " + NAME + " WHERE " + condition;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            // The first one asks as text, and those after it for the binary format.
            for (int time = 0; time < 2; time++) {
                setter.set(statement);
                ResultSet rows = statement.executeQuery();
                rows.next();
                String count = String.valueOf(rows.getLong(1));
                if (found != null && !found.equals(count)) return found + " and then " + count;
                found = count;
            }
        } catch (SQLException error) {
            return error.getMessage();
        }
        return found;
    }

    static Map<String, String> parameters(Connection connection) throws SQLException {
        Map<String, String> found = new LinkedHashMap<>();
        Timestamp at = Timestamp.from(Instant.parse("2023-11-14T22:13:20.123456Z"));
        Array ids = connection.createArrayOf("int8", new Long[] {1L, 2L});
        Array none = connection.createArrayOf("int8", new Long[] {});
        Array names = connection.createArrayOf("text", new String[] {"Ånn", null});
        found.put("setLong", count(connection, "id = ?", s -> s.setLong(1, 1)));
        found.put("setInt", count(connection, "id = ?", s -> s.setInt(1, 1)));
        found.put("setShort", count(connection, "pieces = ?", s -> s.setShort(1, (short) 3)));
        found.put("setBigDecimal", count(connection, "amount = ?", s -> s.setBigDecimal(1, new BigDecimal("12.50"))));
        found.put("setDouble", count(connection, "weight = ?", s -> s.setDouble(1, 0.5)));
        found.put("setFloat", count(connection, "weight = ?", s -> s.setFloat(1, 0.5f)));
        found.put("setBoolean", count(connection, "paid = ?", s -> s.setBoolean(1, true)));
        found.put("setString", count(connection, "customer = ?", s -> s.setString(1, "Ånn")));
        found.put("setDate", count(connection, "day = ?", s -> s.setDate(1, java.sql.Date.valueOf("2023-11-14"))));
        found.put("setTimestamp", count(connection, "at = ?", s -> s.setTimestamp(1, at)));
        found.put("LocalDate", count(connection, "day = ?", s -> s.setObject(1, LocalDate.of(2023, 11, 14))));
        LocalDateTime local = LocalDateTime.parse("2023-11-14T22:13:20");
        found.put("LocalDateTime", count(connection, "local = ?", s -> s.setObject(1, local)));
        OffsetDateTime zoned = OffsetDateTime.parse("2023-11-14T22:13:20.123456Z");
        found.put("OffsetDateTime", count(connection, "at = ?", s -> s.setObject(1, zoned)));
        found.put("setNull", count(connection, "customer IS NOT NULL OR ? IS NULL", s -> s.setNull(1, Types.VARCHAR)));
        found.put("setBytes", count(connection, "code = ?", s -> s.setBytes(1, new byte[] {'a', 'b'})));
        found.put("setArray", count(connection, "id = ANY(?)", s -> s.setArray(1, ids)));
        found.put("setArray, none", count(connection, "id <> ALL(?)", s -> s.setArray(1, none)));
        found.put("setArray of texts", count(connection, "customer = ANY(?)", s -> s.setArray(1, names)));
        found.put("cast", count(connection, "id = ?::int8", s -> s.setString(1, "1")));
        String limited = "id IN (SELECT id FROM " + NAME + " ORDER BY id LIMIT ?)";
        found.put("limit", count(connection, limited, s -> s.setInt(1, 2)));
        return found;
    }

    /** Rows that come in steps of two, inside a transaction. */
    static int steps(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        int found = 0;
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(2);
            ResultSet rows = statement.executeQuery("SELECT a.id FROM " + NAME + " AS a CROSS JOIN " + NAME + " AS b");
            while (rows.next()) found++;
        }
        connection.commit();
        connection.setAutoCommit(true);
        return found;
    }

    static String cancelled(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            Timer timer = new Timer(true);
            timer.schedule(new TimerTask() {
                public void run() {
                    try {
                        statement.cancel();
                    } catch (SQLException error) {
                        error.printStackTrace();
                    }
                }
            }, 500);
            return state(() -> statement.executeQuery(SLOW));
        }
    }

    public static void main(String[] arguments) throws Exception {
        seen.put("plain", state(() -> connect("sslmode", "require")));
        try (Connection connection = connect("prepareThreshold", "1")) {
            metadata(connection);
            String all = "SELECT * FROM " + NAME + " ORDER BY id";
            try (Statement statement = connection.createStatement()) {
                seen.put("text", typed(statement.executeQuery(all)));
            }
            try (PreparedStatement statement = connection.prepareStatement(all)) {
                statement.unwrap(PGStatement.class).setPrepareThreshold(-1);
                seen.put("binary", typed(statement.executeQuery()));
            }
            seen.put("parameters", parameters(connection));
            String two = "SELECT * FROM " + NAME + " WHERE id = ? AND day = ?";
            try (PreparedStatement statement = connection.prepareStatement(two)) {
                ParameterMetaData data = statement.getParameterMetaData();
                seen.put("described", List.of(data.getParameterTypeName(1), data.getParameterTypeName(2)));
            }
            seen.put("steps", steps(connection));
            Statement statement = connection.createStatement();
            Map<String, String> errors = new LinkedHashMap<>();
            errors.put("column", state(() -> statement.executeQuery("SELECT no_such_column FROM " + NAME)));
            errors.put("table", state(() -> statement.executeQuery("SELECT * FROM no_such.table_at_all")));
            errors.put("write", state(() -> statement.executeUpdate("DELETE FROM " + NAME)));
            seen.put("errors", errors);
            seen.put("cancel", cancelled(connection));
            statement.execute("SET outport.purpose = 'a test of clients'");
            seen.put("purpose", rows(statement.executeQuery("SHOW outport.purpose"), "outport.purpose").get(0));
            seen.put("valid", connection.isValid(5));
        }
        System.out.println(json(seen));
    }

    static String json(Object value) {
        if (value instanceof Map<?, ?> map) {
            List<String> members = new ArrayList<>();
            map.forEach((name, member) -> members.add(json(name) + ":" + json(member)));
            return "{" + String.join(",", members) + "}";
        }
        if (value instanceof List<?> list) {
            List<String> items = new ArrayList<>();
            list.forEach(item -> items.add(json(item)));
            return "[" + String.join(",", items) + "]";
        }
        if (value == null || value instanceof Number || value instanceof Boolean) return String.valueOf(value);
        StringBuilder text = new StringBuilder("\"");
        for (char letter : value.toString().toCharArray()) {
            if (letter == '"' || letter == '\\') text.append('\\').append(letter);
            else if (letter < ' ') text.append(String.format("\\u%04x", (int) letter));
            else text.append(letter);
        }
        return text.append('"').toString();
    }
}
