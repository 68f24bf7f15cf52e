//! The codes of the problems that policies can have.

use outport_model::diagnostic::Code;

/// A policy file is not Cedar.
pub const SYNTAX: Code = Code::new("OP0501");
/// A policy speaks of something that there is not, or compares what cannot be compared.
pub const SCHEMA: Code = Code::new("OP0502");
/// A rule about rows asks for something that cannot be asked of a row.
pub const ROW_RULE: Code = Code::new("OP0503");
/// An annotation is not written as it should be, or stands where it means nothing.
pub const ANNOTATION: Code = Code::new("OP0504");
/// A policy of a product speaks of something beyond that product.
pub const OTHER_PRODUCT: Code = Code::new("OP0505");
/// Two policies of one owner have the same id.
pub const SAME_ID: Code = Code::new("OP0506");
