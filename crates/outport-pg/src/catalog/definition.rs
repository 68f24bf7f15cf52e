//! The columns of the catalog's tables, written as PostgreSQL's documentation lists them: `name:type`, with `?` behind
//! the type where a value may be missing.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::encode::kind::{LETTER, OID};

/// The schema that a list of columns stands for.
pub(super) fn schema(columns: &str) -> SchemaRef {
    Arc::new(Schema::new(columns.split_whitespace().map(field).collect::<Vec<_>>()))
}

fn field(column: &str) -> Field {
    let (name, kind) = column.split_once(':').unwrap_or((column, "text"));
    let (kind, nullable) = kind.strip_suffix('?').map_or((kind, false), |kind| (kind, true));
    let field = match kind.strip_suffix("[]") {
        Some(item) => {
            let item = Field::new_list_field(data_type(item), true);
            return Field::new(name, DataType::List(Arc::new(item)), nullable);
        }
        None => Field::new(name, data_type(kind), nullable),
    };
    let mark = |key: &str, value: &str| HashMap::from([(key.to_owned(), value.to_owned())]);
    match kind {
        "oid" => field.with_metadata(mark(OID, "oid")),
        "char" => field.with_metadata(mark(LETTER, "char")),
        _ => field,
    }
}

fn data_type(kind: &str) -> DataType {
    match kind {
        "bool" => DataType::Boolean,
        "int2" => DataType::Int16,
        "int4" | "oid" => DataType::Int32,
        "int8" | "xid" => DataType::Int64,
        "float4" => DataType::Float32,
        "timestamptz" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => DataType::Utf8,
    }
}

/// Tables of `pg_catalog` whose rows say what someone sees, or that are empty here.
pub(super) const PG_CATALOG: &[(&str, &str)] = &[
    (
        "pg_attribute",
        "attrelid:oid attname:name atttypid:oid attlen:int2 attnum:int2 attcacheoff:int4 atttypmod:int4 attndims:int2 \
         attbyval:bool attalign:char attstorage:char attcompression:char attnotnull:bool atthasdef:bool \
         atthasmissing:bool attidentity:char attgenerated:char attisdropped:bool attislocal:bool attinhcount:int2 \
         attcollation:oid attstattarget:int2? attacl:text[]? attoptions:text[]? attfdwoptions:text[]? \
         attmissingval:text?",
    ),
    (
        "pg_auth_members",
        "oid:oid roleid:oid member:oid grantor:oid admin_option:bool inherit_option:bool set_option:bool",
    ),
    (
        "pg_authid",
        "oid:oid rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool \
         rolreplication:bool rolbypassrls:bool rolconnlimit:int4 rolpassword:text? rolvaliduntil:timestamptz?",
    ),
    ("pg_available_extensions", "name:name default_version:text? installed_version:text? comment:text?"),
    (
        "pg_class",
        "oid:oid relname:name relnamespace:oid reltype:oid reloftype:oid relowner:oid relam:oid relfilenode:oid \
         reltablespace:oid relpages:int4 reltuples:float4 relallvisible:int4 reltoastrelid:oid relhasindex:bool \
         relisshared:bool relpersistence:char relkind:char relnatts:int2 relchecks:int2 relhasrules:bool \
         relhastriggers:bool relhassubclass:bool relrowsecurity:bool relforcerowsecurity:bool relispopulated:bool \
         relreplident:char relispartition:bool relrewrite:oid relfrozenxid:xid relminmxid:xid relacl:text[]? \
         reloptions:text[]? relpartbound:text?",
    ),
    (
        "pg_constraint",
        "oid:oid conname:name connamespace:oid contype:char condeferrable:bool condeferred:bool convalidated:bool \
         conrelid:oid contypid:oid conindid:oid conparentid:oid confrelid:oid confupdtype:char confdeltype:char \
         confmatchtype:char conislocal:bool coninhcount:int2 connoinherit:bool conkey:int2[]? confkey:int2[]? \
         conpfeqop:oid[]? conppeqop:oid[]? conffeqop:oid[]? confdelsetcols:int2[]? conexclop:oid[]? conbin:text?",
    ),
    (
        "pg_cursors",
        "name:text statement:text is_holdable:bool is_binary:bool is_scrollable:bool creation_time:timestamptz",
    ),
    (
        "pg_database",
        "oid:oid datname:name datdba:oid encoding:int4 datlocprovider:char datistemplate:bool datallowconn:bool \
         datconnlimit:int4 datfrozenxid:xid datminmxid:xid dattablespace:oid datcollate:text datctype:text \
         daticulocale:text? daticurules:text? datcollversion:text? datacl:text[]?",
    ),
    ("pg_description", "objoid:oid classoid:oid objsubid:int4 description:text"),
    ("pg_group", "groname:name grosysid:oid grolist:oid[]?"),
    (
        "pg_index",
        "indexrelid:oid indrelid:oid indnatts:int2 indnkeyatts:int2 indisunique:bool indnullsnotdistinct:bool \
         indisprimary:bool indisexclusion:bool indimmediate:bool indisclustered:bool indisvalid:bool \
         indcheckxmin:bool indisready:bool indislive:bool indisreplident:bool indkey:int2[] indcollation:oid[] \
         indclass:oid[] indoption:int2[] indexprs:text? indpred:text?",
    ),
    ("pg_indexes", "schemaname:name tablename:name indexname:name tablespace:name? indexdef:text"),
    (
        "pg_locks",
        "locktype:text database:oid? relation:oid? page:int4? tuple:int2? virtualxid:text? transactionid:xid? \
         classid:oid? objid:oid? objsubid:int2? virtualtransaction:text pid:int4? mode:text granted:bool \
         fastpath:bool waitstart:timestamptz?",
    ),
    ("pg_namespace", "oid:oid nspname:name nspowner:oid nspacl:text[]?"),
    ("pg_parameter_acl", "oid:oid parname:text paracl:text[]?"),
    (
        "pg_policies",
        "schemaname:name tablename:name policyname:name permissive:text roles:text[] cmd:text qual:text? \
         with_check:text?",
    ),
    (
        "pg_prepared_statements",
        "name:text statement:text prepare_time:timestamptz from_sql:bool generic_plans:int8 custom_plans:int8",
    ),
    ("pg_prepared_xacts", "transaction:xid gid:text prepared:timestamptz owner:name database:name"),
    ("pg_publication_tables", "pubname:name schemaname:name tablename:name attnames:text[] rowfilter:text?"),
    (
        "pg_roles",
        "rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool \
         rolreplication:bool rolconnlimit:int4 rolpassword:text? rolvaliduntil:timestamptz? rolbypassrls:bool \
         rolconfig:text[]? oid:oid",
    ),
    ("pg_rules", "schemaname:name tablename:name rulename:name definition:text"),
    (
        "pg_sequences",
        "schemaname:name sequencename:name sequenceowner:name data_type:text start_value:int8 min_value:int8 \
         max_value:int8 increment_by:int8 cycle:bool cache_size:int8 last_value:int8?",
    ),
    (
        "pg_shadow",
        "usename:name usesysid:oid usecreatedb:bool usesuper:bool userepl:bool usebypassrls:bool passwd:text? \
         valuntil:timestamptz? useconfig:text[]?",
    ),
    ("pg_shdescription", "objoid:oid classoid:oid description:text"),
    (
        "pg_stat_activity",
        "datid:oid? datname:name? pid:int4 leader_pid:int4? usesysid:oid? usename:name? application_name:text \
         client_addr:text? client_hostname:text? client_port:int4? backend_start:timestamptz? xact_start:timestamptz? \
         query_start:timestamptz? state_change:timestamptz? wait_event_type:text? wait_event:text? state:text? \
         backend_xid:xid? backend_xmin:xid? query_id:int8? query:text backend_type:text",
    ),
    (
        "pg_stat_all_tables",
        "relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 idx_scan:int8? idx_tup_fetch:int8? \
         n_tup_ins:int8 n_tup_upd:int8 n_tup_del:int8 n_live_tup:int8 n_dead_tup:int8 last_vacuum:timestamptz? \
         last_autovacuum:timestamptz? last_analyze:timestamptz? last_autoanalyze:timestamptz?",
    ),
    (
        "pg_stat_database",
        "datid:oid datname:name? numbackends:int4 xact_commit:int8 xact_rollback:int8 blks_read:int8 blks_hit:int8 \
         tup_returned:int8 tup_fetched:int8 tup_inserted:int8 tup_updated:int8 tup_deleted:int8 conflicts:int8 \
         temp_files:int8 temp_bytes:int8 deadlocks:int8 stats_reset:timestamptz?",
    ),
    (
        "pg_stats",
        "schemaname:name tablename:name attname:name inherited:bool null_frac:float4 avg_width:int4 n_distinct:float4 \
         correlation:float4?",
    ),
    (
        "pg_tables",
        "schemaname:name tablename:name tableowner:name tablespace:name? hasindexes:bool hasrules:bool \
         hastriggers:bool rowsecurity:bool",
    ),
    ("pg_timezone_abbrevs", "abbrev:text utc_offset:text is_dst:bool"),
    ("pg_timezone_names", "name:text abbrev:text utc_offset:text is_dst:bool"),
    ("pg_transform", "oid:oid trftype:oid trflang:oid trffromsql:oid trftosql:oid"),
    ("pg_ts_config_map", "mapcfg:oid maptokentype:int4 mapseqno:int4 mapdict:oid"),
    (
        "pg_user",
        "usename:name usesysid:oid usecreatedb:bool usesuper:bool userepl:bool usebypassrls:bool passwd:text? \
         valuntil:timestamptz? useconfig:text[]?",
    ),
    ("pg_user_mappings", "umid:oid srvid:oid srvname:name umuser:oid usename:name umoptions:text[]?"),
];

/// What is set in a session, as a table of `pg_catalog`.
pub(super) const PG_SETTINGS: &str = "name:text setting:text unit:text? category:text short_desc:text extra_desc:text? \
    context:text vartype:text source:text min_val:text? max_val:text? enumvals:text[]? boot_val:text? reset_val:text? \
    sourcefile:text? sourceline:int4? pending_restart:bool";

/// The tables of `information_schema`.
pub(super) const INFORMATION: &[(&str, &str)] = &[
    ("applicable_roles", "grantee:text role_name:text is_grantable:text"),
    ("character_sets", "character_set_name:text? form_of_use:text? default_collate_name:text?"),
    ("check_constraints", "constraint_catalog:text constraint_schema:text constraint_name:text check_clause:text?"),
    (
        "column_privileges",
        "grantor:text grantee:text table_catalog:text table_schema:text table_name:text column_name:text \
         privilege_type:text is_grantable:text",
    ),
    (
        "columns",
        "table_catalog:text table_schema:text table_name:text column_name:text ordinal_position:int4 \
         column_default:text? is_nullable:text data_type:text character_maximum_length:int4? \
         character_octet_length:int4? numeric_precision:int4? numeric_precision_radix:int4? numeric_scale:int4? \
         datetime_precision:int4? interval_type:text? interval_precision:int4? character_set_catalog:text? \
         character_set_schema:text? character_set_name:text? collation_catalog:text? collation_schema:text? \
         collation_name:text? domain_catalog:text? domain_schema:text? domain_name:text? udt_catalog:text \
         udt_schema:text udt_name:text scope_catalog:text? scope_schema:text? scope_name:text? \
         maximum_cardinality:int4? dtd_identifier:text is_self_referencing:text is_identity:text \
         identity_generation:text? identity_start:text? identity_increment:text? identity_maximum:text? \
         identity_minimum:text? identity_cycle:text is_generated:text generation_expression:text? is_updatable:text",
    ),
    (
        "constraint_column_usage",
        "table_catalog:text table_schema:text table_name:text column_name:text constraint_catalog:text \
         constraint_schema:text constraint_name:text",
    ),
    (
        "constraint_table_usage",
        "table_catalog:text table_schema:text table_name:text constraint_catalog:text constraint_schema:text \
         constraint_name:text",
    ),
    (
        "domains",
        "domain_catalog:text domain_schema:text domain_name:text data_type:text udt_name:text domain_default:text?",
    ),
    (
        "element_types",
        "object_catalog:text object_schema:text object_name:text object_type:text collection_type_identifier:text \
         data_type:text udt_name:text",
    ),
    ("enabled_roles", "role_name:text"),
    ("information_schema_catalog_name", "catalog_name:text"),
    (
        "key_column_usage",
        "constraint_catalog:text constraint_schema:text constraint_name:text table_catalog:text table_schema:text \
         table_name:text column_name:text ordinal_position:int4 position_in_unique_constraint:int4?",
    ),
    (
        "parameters",
        "specific_catalog:text specific_schema:text specific_name:text ordinal_position:int4 parameter_mode:text? \
         parameter_name:text? data_type:text? udt_name:text?",
    ),
    (
        "referential_constraints",
        "constraint_catalog:text constraint_schema:text constraint_name:text unique_constraint_catalog:text? \
         unique_constraint_schema:text? unique_constraint_name:text? match_option:text update_rule:text \
         delete_rule:text",
    ),
    (
        "role_table_grants",
        "grantor:text grantee:text table_catalog:text table_schema:text table_name:text privilege_type:text \
         is_grantable:text with_hierarchy:text",
    ),
    (
        "routines",
        "specific_catalog:text specific_schema:text specific_name:text routine_catalog:text routine_schema:text \
         routine_name:text routine_type:text? data_type:text? type_udt_name:text? routine_definition:text? \
         external_language:text?",
    ),
    (
        "schemata",
        "catalog_name:text schema_name:text schema_owner:text default_character_set_catalog:text? \
         default_character_set_schema:text? default_character_set_name:text? sql_path:text?",
    ),
    (
        "sequences",
        "sequence_catalog:text sequence_schema:text sequence_name:text data_type:text start_value:text \
         minimum_value:text maximum_value:text increment:text cycle_option:text",
    ),
    (
        "table_constraints",
        "constraint_catalog:text constraint_schema:text constraint_name:text table_catalog:text table_schema:text \
         table_name:text constraint_type:text is_deferrable:text initially_deferred:text enforced:text \
         nulls_distinct:text?",
    ),
    (
        "table_privileges",
        "grantor:text grantee:text table_catalog:text table_schema:text table_name:text privilege_type:text \
         is_grantable:text with_hierarchy:text",
    ),
    (
        "tables",
        "table_catalog:text table_schema:text table_name:text table_type:text self_referencing_column_name:text? \
         reference_generation:text? user_defined_type_catalog:text? user_defined_type_schema:text? \
         user_defined_type_name:text? is_insertable_into:text is_typed:text commit_action:text?",
    ),
    (
        "triggers",
        "trigger_catalog:text trigger_schema:text trigger_name:text event_manipulation:text event_object_schema:text \
         event_object_table:text action_statement:text? action_timing:text?",
    ),
    (
        "view_table_usage",
        "view_catalog:text view_schema:text view_name:text table_catalog:text table_schema:text table_name:text",
    ),
    (
        "views",
        "table_catalog:text table_schema:text table_name:text view_definition:text? check_option:text? \
         is_updatable:text is_insertable_into:text is_trigger_updatable:text is_trigger_deletable:text \
         is_trigger_insertable_into:text",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_as_they_are_written() {
        let schema = schema("oid:oid relname:name conkey:int2[]? relkind:char");
        assert_eq!(schema.field(0).data_type(), &DataType::Int32);
        assert!(schema.field(0).metadata().contains_key(OID));
        assert_eq!(schema.field(1), &Field::new("relname", DataType::Utf8, false));
        assert!(matches!(schema.field(2).data_type(), DataType::List(item) if item.data_type() == &DataType::Int16));
        assert!(schema.field(2).is_nullable());
        assert!(schema.field(3).metadata().contains_key(LETTER));
    }

    #[test]
    fn no_table_is_there_twice() {
        for tables in [PG_CATALOG, INFORMATION] {
            assert!(tables.windows(2).all(|pair| pair[0].0 < pair[1].0), "in the order of the alphabet");
        }
    }
}
