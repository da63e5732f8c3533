//! Leads and contacts: persons and organisations with addresses, numbers and the account's own fields.

use super::json::Json;
use super::rng::Rng;
use super::words::{INDUSTRIES, LOCALES, Locale, TAGS};
use super::{Kind, World, id};

/// 2019-01-01: when the account began.
const BEGAN: u64 = 1_546_300_800;
/// The seconds from there to when it was copied, in autumn 2026.
const LASTED: u64 = 245_000_000;

/// A person's or organisation's names, the same wherever they are spoken of.
pub(super) struct Names {
    pub(super) locale: &'static Locale,
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    pub(super) company: &'static str,
}

impl Names {
    /// The parts of the full name, as the language orders them.
    pub(super) fn full(&self) -> [&'static str; 3] {
        if self.locale.family_first { [self.family, " ", self.given] } else { [self.given, " ", self.family] }
    }
}

/// Whether a contact is an organisation: the first of each five are, so that persons can link back to one.
pub(super) fn is_organization(at: u64) -> bool {
    at.is_multiple_of(5)
}

/// Created and last updated, in seconds since 1970.
pub(super) fn times(rng: &mut Rng) -> (u64, u64) {
    let created = rng.below(LASTED);
    (BEGAN + created, BEGAN + created + rng.below(LASTED - created))
}

impl World {
    /// The names of a lead, a contact or a user.
    pub(super) fn names(&self, kind: Kind, at: u64) -> Names {
        let mut rng = Rng::new(self.seed ^ 0x6e61_6d65, kind as u64, at);
        // Every third is from the first country, as accounts have a home.
        let locale =
            if rng.chance(30) { &LOCALES[0] } else { &LOCALES[rng.below(LOCALES.len() as u64) as usize] };
        Names {
            locale,
            given: rng.of(&locale.given),
            family: rng.of(&locale.family),
            company: rng.of(&locale.company),
        }
    }

    /// The organisation that a contact belongs to.
    fn organization(&self, at: u64, rng: &mut Rng) -> Option<u64> {
        let organization = rng.below(self.count(Kind::Contact).div_ceil(5).max(1)) * 5;
        (!is_organization(at) && self.count(Kind::Contact) > 0 && rng.chance(70))
            .then(|| id(Kind::Contact, organization))
    }

    /// Writes a lead or a contact, without its braces.
    pub(super) fn person(&self, out: &mut Json, kind: Kind, at: u64) {
        let mut rng = self.rng(kind, at);
        let names = self.names(kind, at);
        let (created, updated) = times(&mut rng);
        out.number("id", id(kind, at));
        out.link("creator_id", self.link(Kind::User, &mut rng));
        out.link("owner_id", self.owner(kind, at));
        if kind == Kind::Lead {
            self.lead_head(out, &names, &mut rng);
        } else {
            self.contact_head(out, at, &names, &mut rng);
        }
        out.string("title", rng.of(&names.locale.titles));
        if rng.chance(45) {
            out.parts(
                "description",
                &[rng.of(&names.locale.sentences), "\n", rng.of(&names.locale.sentences)],
            );
        } else {
            out.raw("description", "null");
        }
        out.string("industry", rng.of(&INDUSTRIES));
        reach(out, kind, at, &names, &mut rng);
        address(out, "address", names.locale, &mut rng);
        if kind == Kind::Contact && rng.chance(25) {
            address(out, "billing_address", names.locale, &mut rng);
            address(out, "shipping_address", names.locale, &mut rng);
        }
        tags(out, &mut rng);
        custom_fields(out, &mut rng);
        out.time("created_at", created);
        out.time("updated_at", updated);
    }

    fn lead_head(&self, out: &mut Json, names: &Names, rng: &mut Rng) {
        out.string("first_name", names.given);
        out.string("last_name", names.family);
        out.string("organization_name", names.company);
        let status = rng.of(&["New", "Working", "Unqualified", "Qualified"]);
        out.string("status", status);
        out.link("source_id", self.link(Kind::LeadSource, rng));
        let reason = self.link(Kind::LeadUnqualifiedReason, rng);
        out.link("unqualified_reason_id", reason.filter(|_| status == "Unqualified"));
    }

    fn contact_head(&self, out: &mut Json, at: u64, names: &Names, rng: &mut Rng) {
        let organization = is_organization(at);
        let parent = self.organization(at, rng);
        out.flag("is_organization", organization);
        out.link("contact_id", parent);
        out.link("parent_organization_id", parent);
        if organization {
            out.string("name", names.company);
            out.raw("first_name", "null");
            out.raw("last_name", "null");
        } else {
            out.parts("name", &names.full());
            out.string("first_name", names.given);
            out.string("last_name", names.family);
        }
        out.string("customer_status", rng.of(&["none", "current", "past"]));
        out.string("prospect_status", rng.of(&["none", "current", "lost"]));
        out.link("source_id", self.link(Kind::Source, rng));
    }
}

fn reach(out: &mut Json, kind: Kind, at: u64, names: &Names, rng: &mut Rng) {
    let number = (id(kind, at) % 100_000_000).to_string();
    let host = rng.of(&["example.com", "example.org", "example.net", "mail.example.com"]);
    out.parts("website", &["https://www.", host, "/", kind.name(), "/", &number]);
    out.parts("email", &[kind.name(), ".", &number, "@", host]);
    for name in ["phone", "mobile"] {
        let digits = (1_000 + rng.below(9_000)).to_string();
        out.parts(name, &[names.locale.phone, &digits]);
    }
    out.raw("fax", "null");
    if rng.chance(30) {
        out.parts("twitter", &["example_", &number]);
        out.parts("linkedin", &["https://www.example.com/in/", &number]);
    } else {
        out.raw("twitter", "null");
        out.raw("linkedin", "null");
    }
    out.raw("facebook", "null");
    out.raw("skype", "null");
}

fn address(out: &mut Json, name: &str, locale: &Locale, rng: &mut Rng) {
    let (house, code) = ((1 + rng.below(240)).to_string(), (10_000 + rng.below(89_999)).to_string());
    out.key(name);
    out.open();
    out.parts("line1", &[locale.street, " ", &house]);
    out.string("city", rng.of(&locale.cities));
    out.string("postal_code", &code);
    out.raw("state", "null");
    out.string("country", locale.country);
    out.close();
}

/// Some tags, mostly few, never one twice.
pub(super) fn tags(out: &mut Json, rng: &mut Rng) {
    let count = rng.of(&[0_usize, 0, 1, 1, 2, 3]);
    let first = rng.below(TAGS.len() as u64) as usize;
    let tags: [&str; 3] = std::array::from_fn(|at| TAGS[(first + at * 7) % TAGS.len()]);
    out.list("tags", &tags[..count]);
}

/// The fields that this account made for itself: a name is whatever somebody typed.
pub(super) fn custom_fields(out: &mut Json, rng: &mut Rng) {
    out.key("custom_fields");
    out.open();
    if rng.chance(80) {
        out.number("Lead score", rng.below(101));
    }
    if rng.chance(50) {
        out.string("Umsatzklasse", rng.of(&["A", "B", "C"]));
    }
    if rng.chance(30) {
        out.string("優先度", rng.of(&["高", "中", "低"]));
    }
    if rng.chance(30) {
        out.date("Renewal date", 1_790_000_000 + rng.below(60_000_000));
    }
    if rng.chance(25) {
        out.flag("Źródło polecenia?", rng.chance(50));
    }
    if rng.chance(10) {
        // A decimal that no float holds.
        out.raw(
            "Rabatt %",
            rng.of(&["12.500000000000000001", "0.1", "3.3333333333333333333", "90071992547409.93"]),
        );
    }
    out.close();
}
