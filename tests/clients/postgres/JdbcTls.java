import java.sql.*;
import java.util.*;
import java.util.concurrent.Callable;

/**
 * Connects to an encrypted PostgreSQL door with the JDBC driver, and prints what came of it as one line of JSON.
 *
 * <p>Configured by the environment: PGHOST, a name that the certificate has, PGPORT, PGUSER, PGPASSWORD, PGDATABASE,
 * OUTPORT_TABLE (`schema.table`) and OUTPORT_CA, a file with the certificate of whoever vouches for the door. Needs the
 * driver on the class path.
 */
public class JdbcTls {
    static Connection connect(String host, String... settings) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", System.getenv("PGUSER"));
        properties.setProperty("password", System.getenv("PGPASSWORD"));
        properties.setProperty("sslmode", "verify-full");
        for (int i = 0; i < settings.length; i += 2) properties.setProperty(settings[i], settings[i + 1]);
        String address = host + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        return DriverManager.getConnection("jdbc:postgresql://" + address, properties);
    }

    /** What something fails with. */
    static String failure(Callable<?> work) {
        try {
            work.call();
            return "nothing";
        } catch (Exception error) {
            return String.valueOf(error.getMessage()).replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", " ");
        }
    }

    public static void main(String[] arguments) throws Exception {
        String host = System.getenv("PGHOST"), authority = System.getenv("OUTPORT_CA");
        String rows;
        try (Connection connection = connect(host, "sslrootcert", authority, "defaultRowFetchSize", "1")) {
            // In steps, so that more than one answer goes over the connection.
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                List<String> found = new ArrayList<>();
                ResultSet all = statement.executeQuery("SELECT id FROM " + System.getenv("OUTPORT_TABLE") + " ORDER BY id");
                while (all.next()) found.add(all.getString(1));
                rows = String.join(",", found);
            }
            connection.rollback();
        }
        // The authorities that Java comes with do not vouch for the door.
        String stranger = failure(() -> connect(host, "sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory"));
        String elsewhere = failure(() -> connect("127.0.0.1", "sslrootcert", authority));
        System.out.println(
            "{\"rows\": [" + rows + "], \"stranger\": \"" + stranger + "\", \"elsewhere\": \"" + elsewhere + "\"}");
    }
}
