//! The schema as people see it.

use crate::fixture::shop;

/// The parts of the schema that begin so.
fn parts(beginnings: &[&str]) -> String {
    let schema = outport_policy::cedar_schema(&shop()).unwrap();
    let wanted = |part: &&str| beginnings.iter().any(|beginning| part.trim_start().starts_with(beginning));
    schema.split("\n\n").filter(wanted).collect::<Vec<_>>().join("\n")
}

#[test]
fn products_share_types() {
    insta::assert_snapshot!(parts(&["entity Column", "entity Group", "entity Po", "entity Pr", "entity U"]), @r#"
    entity Column in [Port] = {
      classification?: __cedar::String,
      name: __cedar::String,
      product: Product,
      table: __cedar::String,
      tags: Set<__cedar::String>
    };
    entity Group;
    entity Port in [Product] = {
      major: __cedar::Long,
      name: __cedar::String,
      product: Product
    };
    entity Product in [Domain] = {
      alignment?: __cedar::String,
      domain?: __cedar::String,
      name: __cedar::String,
      owner?: __cedar::String,
      status?: __cedar::String
    };
    entity User in [Group] = {
      clearance?: __cedar::Long,
      department?: __cedar::String,
      kind: __cedar::String,
      region?: __cedar::String
    } tags __cedar::String;
    "#);
}

#[test]
fn rows_of_each_table_have_a_type() {
    insta::assert_snapshot!(parts(&["namespace", "entity orders", "entity customers"]), @r#"
    namespace shop {
      entity addresses in [Port] = {
        city: __cedar::String
      };
      entity customers in [Port] = {
        id: __cedar::Long,
        name: __cedar::String
      };
      entity orders in [Port] = {
        amount: __cedar::decimal,
        day?: __cedar::datetime,
        email?: __cedar::String,
        express: __cedar::Bool,
        id: __cedar::Long,
        labels?: Set<__cedar::String>,
        "order total"?: __cedar::Long,
        placed_at: __cedar::datetime,
        region: __cedar::String
      };
    }
    "#);
}

#[test]
fn actions_apply_to_ports_columns_and_rows() {
    insta::assert_snapshot!(parts(&["action \"read"]), @r#"
    action "read" appliesTo {
      principal: [User],
      resource: [Port],
      context: {
        agreement: __cedar::Bool,
        door: __cedar::String,
        purpose?: __cedar::String
      }
    };
    action "readColumn" in [Action::"read"] appliesTo {
      principal: [User],
      resource: [Column],
      context: {
        agreement: __cedar::Bool,
        door: __cedar::String,
        purpose?: __cedar::String
      }
    };
    action "readMasked" in [Action::"read"] appliesTo {
      principal: [User],
      resource: [Column],
      context: {
        agreement: __cedar::Bool,
        door: __cedar::String,
        purpose?: __cedar::String
      }
    };
    action "readRow" in [Action::"read"] appliesTo {
      principal: [User],
      resource: [shop::orders, shop::customers, shop::addresses],
      context: {
        agreement: __cedar::Bool,
        door: __cedar::String,
        purpose?: __cedar::String
      }
    };
    "#);
}
