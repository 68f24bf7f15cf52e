-- error: division by a hidden salary
SELECT id FROM vault.people WHERE 1 / (salary - 880011) > -5

-- error: division by a hidden salary in the list
SELECT 1 / (salary - 880011) FROM vault.people ORDER BY id

-- error: modulo of a hidden salary
SELECT id FROM vault.people WHERE 10 % (salary - 880012) >= 0

-- error: overflow only where the hidden salary is
SELECT id FROM vault.people WHERE CAST(salary * 10000000000 AS BIGINT) > 0 ORDER BY id

-- error: a cast of a masked text to a number
SELECT CAST(email AS BIGINT) FROM vault.people

-- error: a try_cast of a masked text
SELECT TRY_CAST(email AS BIGINT) FROM vault.people ORDER BY id

-- error: a cast of a hidden row's region to a date
SELECT id FROM vault.people WHERE CAST(region AS DATE) > DATE '2020-01-01'

-- error: a regular expression of data
SELECT id FROM vault.people WHERE regexp_like(email, '^hid') ORDER BY id

-- error: a short circuit that should not protect
SELECT id FROM vault.people WHERE region = 'EU' OR 1 / (salary - 880011) > 0 ORDER BY id

-- error: a case that divides only for hidden rows
SELECT CASE WHEN region = 'US' THEN 1 / 0 ELSE 0 END FROM vault.people

-- error: a scalar subquery with several hidden rows
SELECT (SELECT salary FROM vault.people WHERE region = 'US')

-- error: array index out of a hidden value
SELECT make_array(1, 2)[salary - 880010] FROM vault.people ORDER BY id

-- count: all
SELECT count(*) FROM vault.people

-- count: with a constant
SELECT count(1), count(id), count(salary) FROM vault.people

-- count: approximately
SELECT approx_distinct(salary), approx_distinct(email) FROM vault.people

-- extremes: of a filtered column
SELECT max(salary), min(salary) FROM vault.people

-- extremes: of a masked column
SELECT max(email), min(email) FROM vault.people

-- extremes: by sorting
SELECT salary FROM vault.people ORDER BY salary DESC LIMIT 1

-- extremes: by sorting a masked column
SELECT id FROM vault.people ORDER BY email DESC, id LIMIT 2

-- extremes: by a window
SELECT id, max(salary) OVER () FROM vault.people ORDER BY id

-- extremes: first and last
SELECT first_value(salary ORDER BY salary DESC), last_value(id ORDER BY id) FROM vault.people

-- extremes: nth value
SELECT nth_value(salary, 4) OVER (ORDER BY salary) FROM vault.people

-- limit: before the filter
SELECT id FROM vault.people LIMIT 3

-- limit: with an offset
SELECT id FROM vault.people ORDER BY id LIMIT 2 OFFSET 2

-- limit: zero
SELECT * FROM vault.people LIMIT 0

-- rows: a tautology
SELECT id FROM vault.people WHERE 1 = 1 OR region = 'US' ORDER BY id

-- rows: a negation of the filter
SELECT id FROM vault.people WHERE NOT region = 'EU' ORDER BY id

-- rows: the hidden region itself
SELECT id FROM vault.people WHERE region = 'US'

-- rows: missing regions
SELECT id FROM vault.people WHERE region IS NULL

-- rows: by key
SELECT * FROM vault.people WHERE id = 9001

-- rows: by a list of keys
SELECT id FROM vault.people WHERE id IN (9001, 9002, 9003)

-- rows: by a range of keys
SELECT id FROM vault.people WHERE id BETWEEN 9000 AND 9999

-- rows: by a pattern of the region
SELECT id FROM vault.people WHERE region LIKE 'U%'

-- rows: by an expression over the region
SELECT id FROM vault.people WHERE upper(region) = 'US'

-- rows: by a coalesced region
SELECT id FROM vault.people WHERE coalesce(region, 'EU') <> 'EU'

-- rows: distinct from
SELECT id FROM vault.people WHERE region IS DISTINCT FROM 'EU'

-- rows: union with itself
SELECT id FROM vault.people UNION ALL SELECT id FROM vault.people ORDER BY 1

-- rows: except
SELECT id FROM vault.people EXCEPT SELECT id FROM vault.people WHERE region = 'EU'

-- rows: intersect
SELECT id FROM vault.people INTERSECT SELECT 9001

-- rows: a full join against a list
SELECT p.id, v.x FROM vault.people p FULL JOIN (VALUES (9001), (1)) AS v(x) ON p.id = v.x ORDER BY 1, 2

-- rows: a right join against a list
SELECT p.region, v.x FROM vault.people p RIGHT JOIN (VALUES (9001), (9002)) AS v(x) ON p.id = v.x ORDER BY 2

-- rows: an anti join
SELECT v.x FROM (VALUES (9001), (1), (9999)) AS v(x) WHERE NOT EXISTS (SELECT 1 FROM vault.people p WHERE p.id = v.x) ORDER BY 1

-- rows: a semi join
SELECT v.x FROM (VALUES (9001), (1)) AS v(x) WHERE v.x IN (SELECT id FROM vault.people)

-- rows: not in
SELECT v.x FROM (VALUES (9001), (1)) AS v(x) WHERE v.x NOT IN (SELECT id FROM vault.people)

-- rows: a correlated subquery
SELECT v.x, (SELECT count(*) FROM vault.people p WHERE p.id = v.x) FROM (VALUES (9001), (1)) AS v(x) ORDER BY 1

-- rows: a lateral join
SELECT v.x, p.id FROM (VALUES (9001), (1)) AS v(x), LATERAL (SELECT id FROM vault.people WHERE id = v.x) AS p ORDER BY 1

-- rows: a common table expression of the same name
WITH people AS (SELECT * FROM vault.people) SELECT count(*) FROM people

-- rows: a recursive common table expression
WITH RECURSIVE n AS (SELECT 9000 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 9005) SELECT x, (SELECT count(*) FROM vault.people WHERE id = x) FROM n ORDER BY 1

-- rows: groups
SELECT region, count(*), sum(salary) FROM vault.people GROUP BY region ORDER BY 1

-- rows: grouping sets
SELECT region, count(*) FROM vault.people GROUP BY GROUPING SETS ((region), ()) ORDER BY 1

-- rows: rollup
SELECT region, email, count(*) FROM vault.people GROUP BY ROLLUP (region, email) ORDER BY 1, 2

-- rows: having
SELECT region FROM vault.people GROUP BY region HAVING sum(salary) > 880000

-- rows: a window without partition
SELECT id, count(*) OVER () FROM vault.people ORDER BY id

-- rows: row numbers
SELECT id, row_number() OVER (ORDER BY salary) FROM vault.people ORDER BY id

-- rows: lag over hidden neighbours
SELECT id, lag(salary) OVER (ORDER BY id), lead(salary) OVER (ORDER BY id) FROM vault.people ORDER BY id

-- rows: percent rank
SELECT id, percent_rank() OVER (ORDER BY salary) FROM vault.people ORDER BY id

-- rows: collected into a list
SELECT array_agg(id ORDER BY id) FROM vault.people

-- rows: collected into a text
SELECT string_agg(region, ',' ORDER BY id) FROM vault.people

-- rows: a median
SELECT median(salary), approx_percentile_cont(0.9) WITHIN GROUP (ORDER BY salary) FROM vault.people

-- rows: statistics of a column
SELECT stddev(salary), var_pop(salary), corr(salary, id) FROM vault.people

-- rows: bit operations
SELECT bit_or(salary), bit_xor(id), bool_or(salary > 880000) FROM vault.people

-- rows: a sample
SELECT count(*) FROM vault.people TABLESAMPLE SYSTEM (100)

-- mask: compared with the value
SELECT id FROM vault.people WHERE email = 'hid-mail-1@x.test'

-- mask: compared with a prefix
SELECT id FROM vault.people WHERE email LIKE 'hid%'

-- mask: its length
SELECT id, length(email), octet_length(email) FROM vault.people WHERE length(email) < 0

-- mask: a substring
SELECT substr(email, 1, 3), left(email, 5) FROM vault.people ORDER BY id

-- mask: reversed
SELECT reverse(email) FROM vault.people ORDER BY id

-- mask: hashed by the asker
SELECT md5(email), sha256(email) FROM vault.people ORDER BY id

-- mask: encoded
SELECT encode(CAST(email AS BYTEA), 'hex') FROM vault.people ORDER BY id

-- mask: concatenated
SELECT email || '', concat(email, id) FROM vault.people ORDER BY id

-- mask: joined with a guess
SELECT v.guess FROM (VALUES ('hid-mail-1@x.test'), ('nobody')) AS v(guess) JOIN vault.people p ON p.email = v.guess

-- mask: joined with itself
SELECT a.id, b.id FROM vault.people a JOIN vault.people b ON a.email = b.email AND a.id < b.id ORDER BY 1, 2

-- mask: grouped
SELECT email, count(*) FROM vault.people GROUP BY email ORDER BY 1

-- mask: distinct
SELECT count(DISTINCT email) FROM vault.people

-- mask: in a case
SELECT CASE WHEN email = 'hid-mail-1@x.test' THEN 1 ELSE 0 END FROM vault.people ORDER BY id

-- mask: in a partition
SELECT id, count(*) OVER (PARTITION BY email) FROM vault.people ORDER BY id

-- mask: ordered
SELECT id FROM vault.people ORDER BY email COLLATE "C"

-- mask: null safe comparison
SELECT id FROM vault.people WHERE email IS NOT DISTINCT FROM 'hid-mail-1@x.test'

-- mask: as an element of a list
SELECT id FROM vault.people WHERE email IN ('hid-mail-1@x.test', 'hid-mail-2@x.test')

-- mask: as a struct
SELECT struct(email, id) FROM vault.people ORDER BY id

-- mask: in a filter of an aggregate
SELECT count(*) FILTER (WHERE email LIKE 'hid-mail-1%') FROM vault.people

-- column: hidden
SELECT note FROM vault.people

-- column: hidden, quoted
SELECT "note" FROM vault.people

-- column: hidden, upper case
SELECT NOTE FROM vault.people

-- column: hidden, qualified
SELECT people.note FROM vault.people

-- column: hidden, fully qualified
SELECT outport.vault.people.note FROM outport.vault.people

-- column: hidden, by alias
SELECT p.note FROM vault.people AS p

-- column: hidden, in a filter
SELECT id FROM vault.people WHERE note LIKE 'hid%'

-- column: hidden, in an order
SELECT id FROM vault.people ORDER BY note

-- column: hidden, in a group
SELECT count(*) FROM vault.people GROUP BY note

-- column: hidden, in a join
SELECT 1 FROM vault.people a JOIN vault.people b ON a.note = b.note

-- column: hidden, renamed by the asker
SELECT x FROM vault.people AS p(id, region, email, salary, x)

-- column: hidden, by a natural join
SELECT * FROM vault.people NATURAL JOIN (SELECT 'hid-note-1' AS note) AS guess

-- column: hidden, by using
SELECT 1 FROM vault.people JOIN (SELECT 'hid-note-1' AS note) AS guess USING (note)

-- column: all of them
SELECT * FROM vault.people ORDER BY id

-- column: all of them, qualified
SELECT p.* FROM vault.people p ORDER BY id

-- column: all but one
SELECT * EXCEPT (id) FROM vault.people ORDER BY 1, 2

-- column: all but the hidden one
SELECT * EXCEPT (note) FROM vault.people ORDER BY id

-- column: replaced
SELECT * REPLACE (note AS id) FROM vault.people

-- column: a whole row
SELECT people FROM vault.people

-- column: by unnesting
SELECT unnest(make_array(note)) FROM vault.people

-- plan: explain
EXPLAIN SELECT id FROM vault.people WHERE salary > 880000

-- plan: explain verbose
EXPLAIN VERBOSE SELECT id FROM vault.people

-- plan: explain analyze
EXPLAIN ANALYZE SELECT id FROM vault.people

-- plan: explain in another format
EXPLAIN FORMAT TREE SELECT id FROM vault.people WHERE email LIKE 'hid%'

-- catalog: columns
SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'vault' ORDER BY 1, 2

-- catalog: tables
SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema <> 'information_schema' ORDER BY 1, 2

-- catalog: views and their definitions
SELECT * FROM information_schema.views WHERE table_schema = 'vault'

-- catalog: schemas
SELECT schema_name FROM information_schema.schemata ORDER BY 1

-- catalog: settings
SELECT name, value FROM information_schema.df_settings WHERE name LIKE '%path%'

-- catalog: functions
SELECT count(*) > 0 FROM information_schema.routines WHERE routine_name = 'outport_mask'

-- catalog: show tables
SHOW TABLES

-- catalog: show columns
SHOW COLUMNS FROM vault.people

-- catalog: describe
DESCRIBE vault.people

-- catalog: show all settings
SHOW ALL

-- catalog: show create
SHOW CREATE TABLE vault.people

-- catalog: show functions
SHOW FUNCTIONS LIKE 'mask%'

-- catalog: the quarantine of a product
SELECT * FROM vault.people_quarantine

-- catalog: a table between models
SELECT * FROM vault.staging

-- catalog: another product
SELECT * FROM sealed.secrets

-- catalog: another product, counted
SELECT count(*) FROM sealed.secrets

-- catalog: another product, described
DESCRIBE sealed.secrets

-- catalog: another product that is not there
SELECT * FROM nothere.secrets

-- catalog: names that lie near
SELECT * FROM sealed.secret

-- catalog: an older release
SELECT * FROM "vault@1".people ORDER BY id

-- catalog: a major that is not there
SELECT * FROM "vault@2".people

-- write: create a table
CREATE TABLE stolen AS SELECT * FROM vault.people

-- write: create a view
CREATE VIEW stolen AS SELECT * FROM vault.people

-- write: an external table
CREATE EXTERNAL TABLE files STORED AS PARQUET LOCATION '/tmp'

-- write: copy out
COPY (SELECT * FROM vault.people) TO '/tmp/stolen.csv'

-- write: insert
INSERT INTO vault.people VALUES (1, 'EU', 'a', 1, 'n')

-- write: update
UPDATE vault.people SET region = 'EU'

-- write: delete
DELETE FROM vault.people

-- write: drop
DROP TABLE vault.people

-- write: a setting
SET datafusion.execution.parquet.pushdown_filters = false

-- write: a function
CREATE FUNCTION leak(x BIGINT) RETURNS BIGINT RETURN x

-- write: prepare
PREPARE p AS SELECT * FROM vault.people

-- write: execute what nobody prepared
EXECUTE p

-- write: a transaction
BEGIN

-- injection: two statements
SELECT 1; SELECT * FROM vault.people

-- injection: a comment at the end
SELECT id FROM vault.people WHERE region = 'EU' -- AND nothing

-- injection: an unterminated text
SELECT 'hid FROM vault.people

-- injection: a file as a table
SELECT * FROM '/etc/passwd'

-- injection: a glob as a table
SELECT * FROM 'warehouse/**/*.parquet'

-- injection: a parquet function
SELECT * FROM parquet_metadata('warehouse')

-- injection: a series
SELECT count(*) FROM generate_series(1, 10)

-- injection: quotes in a name
SELECT * FROM "vault"."people""; DROP TABLE x"

-- injection: a name with a full stop
SELECT * FROM "vault.people"

-- injection: unicode that looks alike
SELECT * FROM vаult.people

-- injection: a null byte in a text
SELECT id FROM vault.people WHERE region = 'E' || chr(0)

-- side effect: sleep
SELECT pg_sleep(1)

-- side effect: random rows
SELECT id FROM vault.people WHERE random() >= 0 ORDER BY id

-- side effect: an enormous series
SELECT count(*) FROM vault.people a, vault.people b, vault.people c

-- parameters: none given
SELECT id FROM vault.people WHERE id = $1

-- parameters: named
SELECT id FROM vault.people WHERE region = $region
