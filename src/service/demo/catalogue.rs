//! What an account is made of: itself, its users, its pipelines, its lists of reasons, sources, outcomes and products.

use super::json::Json;
use super::people::times;
use super::words::{OUTCOMES, PRODUCTS, REASONS, SOURCES, STAGES, TAGS};
use super::{Kind, World, id};

impl World {
    /// Writes a record of the account's settings, without its braces.
    pub(super) fn catalogue(&self, out: &mut Json, kind: Kind, at: u64) {
        let mut rng = self.rng(kind, at);
        let (created, updated) = times(&mut rng);
        let nth = |words: &'static [&'static str]| words[at as usize % words.len()];
        out.number("id", id(kind, at));
        match kind {
            Kind::Account => account(out),
            Kind::User => self.user(out, at),
            Kind::Pipeline => {
                out.string("name", if at == 0 { "Sales Pipeline" } else { "Verlängerungen & Renewals" });
                out.flag("disabled", false);
            }
            Kind::Stage => self.stage(out, at),
            Kind::LossReason | Kind::LeadUnqualifiedReason | Kind::DealUnqualifiedReason => {
                out.link("creator_id", self.link(Kind::User, &mut rng));
                out.string("name", nth(&REASONS));
            }
            Kind::Source | Kind::LeadSource | Kind::DealSource => {
                out.link("creator_id", self.link(Kind::User, &mut rng));
                out.string("name", nth(&SOURCES));
                out.string("resource_type", if kind == Kind::DealSource { "deal" } else { "lead" });
            }
            Kind::CallOutcome | Kind::VisitOutcome => {
                out.link("creator_id", self.link(Kind::User, &mut rng));
                out.string("name", nth(&OUTCOMES));
            }
            Kind::Tag => {
                out.link("creator_id", self.link(Kind::User, &mut rng));
                out.string("name", nth(&TAGS));
                out.string("resource_type", rng.of(&["contact", "lead", "deal"]));
            }
            _ => {
                out.parts("name", &[nth(&PRODUCTS), " ", &(at + 1).to_string()]);
                out.parts("sku", &["SKU-", &at.to_string()]);
                out.flag("active", !rng.chance(10));
                out.raw("description", "null");
                out.money("cost", 100 + rng.below(400_000));
                out.raw("cost_currency", "\"USD\"");
                out.raw(
                    "prices",
                    r#"[{"amount":"19.99","currency":"EUR"},{"amount":"0.1","currency":"USD"}]"#,
                );
                out.number("max_discount", rng.below(40));
                out.number("max_markup", rng.below(20));
            }
        }
        out.time("created_at", created);
        out.time("updated_at", updated);
    }

    fn user(&self, out: &mut Json, at: u64) {
        let names = self.names(Kind::User, at);
        out.parts("name", &names.full());
        out.parts("email", &["user.", &(at + 1).to_string(), "@example.com"]);
        out.string("role", if at == 0 { "admin" } else { "user" });
        out.string("status", "active");
        out.flag("confirmed", true);
        out.parts("phone_number", &[names.locale.phone, "1000"]);
        out.string("timezone", "UTC+01:00");
        out.raw("team_name", "null");
        out.raw("reports_to", "null");
    }

    fn stage(&self, out: &mut Json, at: u64) {
        let pipelines = self.count(Kind::Pipeline).max(1);
        let position = at % STAGES.len() as u64;
        out.string("name", STAGES[position as usize]);
        out.string(
            "category",
            ["incoming", "qualified", "quote", "closure", "won", "lost"][position as usize],
        );
        out.number("position", position + 1);
        out.number("likelihood", [5, 20, 50, 80, 100, 0][position as usize]);
        out.flag("active", position < 4);
        let pipeline = (at / STAGES.len() as u64).min(pipelines - 1);
        out.link("pipeline_id", (self.count(Kind::Pipeline) > 0).then(|| id(Kind::Pipeline, pipeline)));
    }
}

fn account(out: &mut Json) {
    out.string("name", "Harbor Light Trading — Demo");
    out.string("currency", "USD");
    out.string("time_format", "24H");
    out.string("timezone", "UTC+01:00");
    out.string("phone", "+1 555 0100");
    out.string("plan", "professional");
}
