//! The demo account: an invented company's records, made from a seed, the same for the same seed and number.
//!
//! Promise: exactly as many records as asked for; every link points at a record that is there; every record follows
//! from the seed, its type and its number alone, so that a link can know what it points at without looking.

mod activity;
mod catalogue;
mod json;
mod people;
mod plan;
mod rng;
mod sales;
mod words;

use rusqlite::{Transaction, params};

use json::Json;
use plan::KINDS;
pub(super) use plan::Kind;
use plan::Plan;
use rng::Rng;

/// What a generator of one type knows.
#[derive(Debug)]
pub(super) struct World {
    seed: u64,
    plan: Plan,
}

impl World {
    /// The random numbers of one record: of what it says, apart from what it is called.
    fn rng(&self, kind: Kind, at: u64) -> Rng {
        Rng::new(self.seed, kind as u64, at)
    }

    /// How many records a type has.
    fn count(&self, kind: Kind) -> u64 {
        self.plan.count(kind)
    }

    /// Which record of a type is linked; none where the type has none.
    fn pick(&self, kind: Kind, rng: &mut Rng) -> Option<u64> {
        let count = self.count(kind);
        (count > 0).then(|| rng.below(count))
    }

    /// The id of a record of a type, whichever.
    fn link(&self, kind: Kind, rng: &mut Rng) -> Option<u64> {
        self.pick(kind, rng).map(|at| id(kind, at))
    }

    /// The user whose a record is; none where there is no user.
    fn owner(&self, kind: Kind, at: u64) -> Option<u64> {
        let mut rng = Rng::new(self.seed ^ 0x6f77_6e65_7200, kind as u64, at);
        match kind {
            Kind::LineItem => self.order_of(at).and_then(|order| self.owner(Kind::Order, order)),
            Kind::Order => self.deal_of(kind, at).and_then(|deal| self.owner(Kind::Deal, deal)),
            Kind::AssociatedContact | Kind::Collaboration => {
                self.deal_of(kind, at).and_then(|deal| self.owner(Kind::Deal, deal))
            }
            _ if kind.owned() => self.link(Kind::User, &mut rng),
            _ => None,
        }
    }

    /// The deal that an order, an associated contact or a collaboration belongs to.
    fn deal_of(&self, kind: Kind, at: u64) -> Option<u64> {
        self.pick(Kind::Deal, &mut Rng::new(self.seed ^ 0x6465_616c, kind as u64, at))
    }

    /// The order that a line item belongs to.
    fn order_of(&self, at: u64) -> Option<u64> {
        self.pick(Kind::Order, &mut Rng::new(self.seed ^ 0x006f_7264_6572, Kind::LineItem as u64, at))
    }

    /// Writes the JSON of a record.
    fn write(&self, out: &mut Json, kind: Kind, at: u64) {
        out.open();
        match kind {
            Kind::Lead | Kind::Contact => self.person(out, kind, at),
            Kind::Deal | Kind::AssociatedContact | Kind::Order | Kind::LineItem | Kind::Collaboration => {
                self.sale(out, kind, at);
            }
            Kind::Note | Kind::Task | Kind::Call | Kind::Visit | Kind::TextMessage => {
                self.activity(out, kind, at);
            }
            _ => self.catalogue(out, kind, at),
        }
        out.close();
    }
}

/// A record's id.
fn id(kind: Kind, at: u64) -> u64 {
    kind as u64 * 100_000_000 + 11 + at
}

/// The id of the n-th user, from 0: the administrator.
pub(super) fn user(at: u64) -> i64 {
    id(Kind::User, at) as i64
}

/// The JSON of one more record, for edits: numbered beyond those that the account began with.
pub(super) fn another(seed: u64, items: u64, kind: Kind, at: u64) -> (i64, Option<i64>, String) {
    let world = World { seed, plan: Plan::new(items) };
    let mut out = Json::default();
    world.write(&mut out, kind, at);
    (id(kind, at) as i64, world.owner(kind, at).map(|owner| owner as i64), out.take())
}

/// Names the types that the demo knows.
pub(super) fn name_kinds(file: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut insert = file.prepare("INSERT INTO kind (kind, name) VALUES (?1, ?2)")?;
    for kind in KINDS {
        insert.execute(params![kind as i64, kind.name()])?;
    }
    Ok(())
}

/// Fills an empty account.
pub(super) fn fill(file: &Transaction<'_>, items: u64, seed: u64) -> rusqlite::Result<()> {
    name_kinds(file)?;
    let mut insert = file.prepare("INSERT INTO setting (name, value) VALUES (?1, ?2)")?;
    for (name, value) in [("seed", seed as i64), ("items", items as i64), ("edits", 0)] {
        insert.execute(params![name, value])?;
    }
    let world = World { seed, plan: Plan::new(items) };
    let mut insert = file.prepare(
        "INSERT INTO record (seq, kind, id, owner, revision, prior, deleted, data)
         VALUES (?1, ?2, ?3, ?4, ?1, 0, 0, ?5)",
    )?;
    let mut tally = std::collections::BTreeMap::<(i64, i64), i64>::new();
    let mut out = Json::default();
    for (seq, (kind, at)) in world.plan.order().enumerate() {
        out.clear();
        world.write(&mut out, kind, at);
        let owner = world.owner(kind, at).map(|owner| owner as i64);
        insert.execute(params![seq as i64 + 1, kind as i64, id(kind, at) as i64, owner, out.text()])?;
        *tally.entry((kind as i64, owner.unwrap_or(0))).or_default() += 1;
    }
    let mut insert = file.prepare("INSERT INTO tally (kind, owner, live) VALUES (?1, ?2, ?3)")?;
    for ((kind, owner), live) in tally {
        insert.execute(params![kind, owner, live])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
