//! In which order types can be imported elsewhere: what is pointed to first. Pure.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

/// A reference of one type's records to another's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reference {
    /// Whose field it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// The field.
    pub field: String,
    /// The type that it points to.
    pub to: String,
}

/// An order of types, parents before children.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ImportOrder {
    /// The types.
    pub types: Vec<String>,
    /// References that no order satisfies, because they go round in a circle or back to their own type: import the
    /// records without them and fill them in afterwards.
    pub afterwards: Vec<Reference>,
}

/// Orders types: those whose references are all satisfied first, in the order given; where there are none such, the
/// one with the fewest open references goes first, and these are told.
pub(super) fn order(types: &[String], references: &[Reference]) -> ImportOrder {
    let known: HashSet<&str> = types.iter().map(String::as_str).collect();
    let mut needs: HashMap<&str, Vec<&Reference>> = HashMap::new();
    let mut result = ImportOrder::default();
    for reference in references.iter().filter(|reference| known.contains(reference.to.as_str())) {
        if reference.kind == reference.to {
            result.afterwards.push(reference.clone());
        } else {
            needs.entry(&reference.kind).or_default().push(reference);
        }
    }
    let mut left: Vec<&str> = types.iter().map(String::as_str).collect();
    while !left.is_empty() {
        let open = |kind: &str| {
            let needs = needs.get(kind).map_or(&[][..], Vec::as_slice);
            needs
                .iter()
                .filter(|reference| left.contains(&reference.to.as_str()))
                .copied()
                .collect::<Vec<_>>()
        };
        let ready: Vec<&str> = left.iter().copied().filter(|kind| open(kind).is_empty()).collect();
        let placed = if ready.is_empty() {
            let Some(next) = left.iter().copied().min_by_key(|kind| {
                let to: HashSet<&str> = open(kind).iter().map(|reference| reference.to.as_str()).collect();
                to.len()
            }) else {
                break;
            };
            result.afterwards.extend(open(next).into_iter().cloned());
            vec![next]
        } else {
            ready
        };
        left.retain(|kind| !placed.contains(kind));
        result.types.extend(placed.into_iter().map(str::to_owned));
    }
    result.afterwards.sort();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(of: &[(&str, &str, &str)]) -> Vec<Reference> {
        let reference = |(kind, field, to): &(&str, &str, &str)| Reference {
            kind: (*kind).to_owned(),
            field: (*field).to_owned(),
            to: (*to).to_owned(),
        };
        of.iter().map(reference).collect()
    }

    #[test]
    fn parents_come_first_and_circles_are_told() {
        let types = ["note", "deal", "contact", "user", "stage"].map(str::to_owned);
        let known = references(&[
            ("note", "resource_id", "deal"),
            ("deal", "contact_id", "contact"),
            ("deal", "stage_id", "stage"),
            ("contact", "owner_id", "user"),
            ("contact", "contact_id", "contact"),
            ("user", "team_id", "team"),
        ]);
        let found = order(&types, &known);
        assert_eq!(found.types, ["user", "stage", "contact", "deal", "note"]);
        assert_eq!(found.afterwards, references(&[("contact", "contact_id", "contact")]));

        let circle =
            references(&[("a", "b_id", "b"), ("b", "c_id", "c"), ("c", "a_id", "a"), ("c", "b_id", "b")]);
        let found = order(&["c", "b", "a"].map(str::to_owned), &circle);
        assert_eq!(found.types, ["b", "a", "c"]);
        assert_eq!(found.afterwards, references(&[("b", "c_id", "c")]));
    }
}
