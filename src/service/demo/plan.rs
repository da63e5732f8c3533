//! How many records of each type an account has, and in which order they came to be.

/// A resource type of the demo account. The numbers are the file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) enum Kind {
    Account = 1,
    User,
    Pipeline,
    Stage,
    LossReason,
    Source,
    LeadSource,
    DealSource,
    LeadUnqualifiedReason,
    DealUnqualifiedReason,
    CallOutcome,
    VisitOutcome,
    Tag,
    Product,
    Lead,
    Contact,
    Deal,
    AssociatedContact,
    Order,
    LineItem,
    Note,
    Task,
    Call,
    Visit,
    TextMessage,
    Collaboration,
}

/// A type's name, its records in a full-grown account (0: it grows with the account), and its share of what grows, in
/// thousandths.
type Row = (Kind, &'static str, u64, u64);

const ROWS: [Row; 26] = [
    (Kind::Account, "account", 1, 0),
    (Kind::User, "user", 12, 0),
    (Kind::Pipeline, "pipeline", 2, 0),
    (Kind::Stage, "stage", 12, 0),
    (Kind::LossReason, "loss_reason", 6, 0),
    (Kind::Source, "source", 8, 0),
    (Kind::LeadSource, "lead_source", 8, 0),
    (Kind::DealSource, "deal_source", 6, 0),
    (Kind::LeadUnqualifiedReason, "lead_unqualified_reason", 5, 0),
    (Kind::DealUnqualifiedReason, "deal_unqualified_reason", 5, 0),
    (Kind::CallOutcome, "call_outcome", 6, 0),
    (Kind::VisitOutcome, "visit_outcome", 5, 0),
    (Kind::Tag, "tag", 20, 0),
    (Kind::Product, "product", 40, 0),
    (Kind::Lead, "lead", 0, 140),
    (Kind::Contact, "contact", 0, 250),
    (Kind::Deal, "deal", 0, 130),
    (Kind::AssociatedContact, "associated_contact", 0, 8),
    (Kind::Order, "order", 0, 22),
    (Kind::LineItem, "line_item", 0, 50),
    (Kind::Note, "note", 0, 170),
    (Kind::Task, "task", 0, 130),
    (Kind::Call, "call", 0, 60),
    (Kind::Visit, "visit", 0, 15),
    (Kind::TextMessage, "text_message", 0, 15),
    (Kind::Collaboration, "collaboration", 0, 10),
];

/// The types, in the order of their numbers.
pub(in super::super) const KINDS: [Kind; 26] = {
    let mut kinds = [Kind::Account; 26];
    let mut at = 0;
    while at < 26 {
        kinds[at] = ROWS[at].0;
        at += 1;
    }
    kinds
};

impl Kind {
    /// `meta.type`.
    pub(in super::super) fn name(self) -> &'static str {
        ROWS[self as usize - 1].1
    }

    /// Whether its records belong to a user.
    pub(super) fn owned(self) -> bool {
        ROWS[self as usize - 1].2 == 0
    }
}

/// Records made in a row: a page has several types, and links mostly point back.
const RUN: u64 = 12;

/// How many records of each type.
#[derive(Debug, Clone)]
pub(super) struct Plan([u64; 26]);

impl Plan {
    /// The plan for exactly so many records. A small account has the first types, one each.
    pub(super) fn new(items: u64) -> Self {
        let mut counts = [0; 26];
        if items < 26 {
            counts[..items as usize].fill(1);
            return Self(counts);
        }
        let grown = items - 26;
        for (count, row) in counts.iter_mut().zip(ROWS) {
            if row.2 > 0 {
                *count = row.2.min(1 + (row.2 * grown / 2_000));
            }
        }
        let rest = items - counts.iter().sum::<u64>();
        let shared = rest - 12;
        for (count, row) in counts.iter_mut().zip(ROWS).filter(|(_, row)| row.3 > 0) {
            *count = 1 + shared / 1_000 * row.3 + shared % 1_000 * row.3 / 1_000;
        }
        counts[Kind::Note as usize - 1] += items - counts.iter().sum::<u64>();
        Self(counts)
    }

    /// How many records a type has.
    pub(super) fn count(&self, kind: Kind) -> u64 {
        self.0[kind as usize - 1]
    }

    /// Every record, in the order in which the account's history has them: what the account is made of first, then
    /// all that grows, side by side in short runs.
    pub(super) fn order(&self) -> impl Iterator<Item = (Kind, u64)> + '_ {
        let fixed = KINDS
            .into_iter()
            .filter(|kind| !kind.owned())
            .flat_map(|kind| (0..self.count(kind)).map(move |at| (kind, at)));
        let growing: Vec<Kind> = KINDS.into_iter().filter(|kind| kind.owned()).collect();
        let mut made = vec![0_u64; growing.len()];
        let runs = std::iter::from_fn(move || {
            let behind = |at: &usize| made[*at] as f64 / self.count(growing[*at]) as f64;
            let next = (0..growing.len())
                .filter(|at| made[*at] < self.count(growing[*at]))
                .min_by(|a, b| behind(a).total_cmp(&behind(b)))?;
            let (first, kind) = (made[next], growing[next]);
            let last = (first + RUN).min(self.count(kind));
            made[next] = last;
            Some((first..last).map(move |at| (kind, at)))
        });
        fixed.chain(runs.flatten())
    }
}
