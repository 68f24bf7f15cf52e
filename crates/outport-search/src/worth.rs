//! What a place is worth, and how a word stands there.

use outport_app::search::{Field, Place};

/// How a word stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// As it is.
    Exact,
    /// With another ending.
    Stem,
    /// It is the beginning of what stands there.
    Beginning,
    /// With a mistake or two.
    Wrong,
    /// It is the beginning of what stands there, with a mistake or two.
    WrongBeginning,
}

impl Way {
    pub(crate) const fn worth(self) -> f32 {
        match self {
            Self::Exact => 1.0,
            Self::Stem => 0.95,
            Self::Beginning => 0.85,
            Self::Wrong => 0.55,
            Self::WrongBeginning => 0.45,
        }
    }
}

/// What a text says of something, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// What it is called.
    Name,
    /// What it is.
    About,
    /// Everything else.
    Text,
}

impl Class {
    pub(crate) const ALL: [Self; 3] = [Self::Name, Self::About, Self::Text];

    pub(crate) const fn of(field: Field) -> Self {
        match field {
            Field::Name | Field::Title => Self::Name,
            Field::Purpose | Field::Description | Field::Domain | Field::Owner | Field::Tag => Self::About,
            Field::Text => Self::Text,
        }
    }

    pub(crate) const fn worth(self) -> f32 {
        match self {
            Self::Name => 1.0,
            Self::About => 0.65,
            Self::Text => 0.4,
        }
    }
}

/// What a place is worth.
pub(crate) const fn of_place(place: Place) -> f32 {
    match place {
        Place::Product => 1.0,
        Place::Port | Place::Table => 0.75,
        Place::Column => 0.6,
        Place::Document => 0.5,
    }
}
