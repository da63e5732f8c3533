//! What happened: notes, tasks, calls, visits and text messages, each about a lead, a contact or a deal.

use super::json::Json;
use super::people::{Names, tags, times};
use super::rng::Rng;
use super::{Kind, World, id};

impl World {
    /// Writes an activity, without its braces.
    pub(super) fn activity(&self, out: &mut Json, kind: Kind, at: u64) {
        let mut rng = self.rng(kind, at);
        let (created, updated) = times(&mut rng);
        out.number("id", id(kind, at));
        let names = self.about(out, &mut rng);
        let owner = self.owner(kind, at);
        match kind {
            Kind::Note => note(out, owner, &names, &mut rng),
            Kind::Task => self.task(out, owner, &names, updated, &mut rng),
            Kind::Call => self.call(out, owner, &names, updated, &mut rng),
            Kind::Visit => self.visit(out, owner, &names, updated, &mut rng),
            _ => text_message(out, owner, &names, updated, &mut rng),
        }
        out.time("created_at", created);
        out.time("updated_at", updated);
    }

    /// Writes what an activity is about; the names of whom it concerns.
    fn about(&self, out: &mut Json, rng: &mut Rng) -> Names {
        let kind = rng.of(&[Kind::Lead, Kind::Contact, Kind::Contact, Kind::Deal]);
        let at = self.pick(kind, rng);
        out.string("resource_type", kind.name());
        out.link("resource_id", at.map(|at| id(kind, at)));
        self.names(if kind == Kind::Lead { Kind::Lead } else { Kind::Contact }, at.unwrap_or(0))
    }

    fn task(&self, out: &mut Json, owner: Option<u64>, names: &Names, when: u64, rng: &mut Rng) {
        out.link("creator_id", self.link(Kind::User, rng));
        out.link("owner_id", owner);
        out.parts(
            "content",
            &[rng.of(&["Call", "E-mail", "Visit", "Send the quote to", "Remind"]), " ", names.company],
        );
        out.parts("description", &[rng.of(&names.locale.sentences), " ", rng.of(&names.locale.sentences)]);
        let completed = rng.chance(60);
        out.flag("completed", completed);
        if completed {
            out.time("completed_at", when);
        } else {
            out.raw("completed_at", "null");
        }
        out.flag("overdue", !completed && rng.chance(30));
        out.time("due_date", when + 86_400);
        out.time("remind_at", when + 82_800);
    }

    fn call(&self, out: &mut Json, owner: Option<u64>, names: &Names, when: u64, rng: &mut Rng) {
        out.link("user_id", owner);
        out.link("outcome_id", self.link(Kind::CallOutcome, rng));
        out.flag("incoming", rng.chance(40));
        out.flag("missed", rng.chance(15));
        out.number("duration", rng.below(2_400));
        out.parts("phone_number", &[names.locale.phone, &(1_000 + rng.below(9_000)).to_string()]);
        out.string("summary", rng.of(&names.locale.sentences));
        out.raw("recording_url", "null");
        out.time("made_at", when);
    }

    fn visit(&self, out: &mut Json, owner: Option<u64>, names: &Names, when: u64, rng: &mut Rng) {
        out.link("creator_id", owner);
        out.link("outcome_id", self.link(Kind::VisitOutcome, rng));
        out.string("summary", rng.of(&names.locale.sentences));
        out.parts("location", &[names.locale.street, ", ", rng.of(&names.locale.cities)]);
        out.time("visited_at", when);
    }
}

fn note(out: &mut Json, owner: Option<u64>, names: &Names, rng: &mut Rng) {
    out.link("creator_id", owner);
    // Most notes are a few lines, some are minutes of a meeting.
    let sentences = if rng.chance(3) { 30 + rng.below(40) } else { 2 + rng.below(7) };
    let mut parts = Vec::with_capacity(sentences as usize * 2 + 4);
    parts.extend(names.full());
    parts.push(":\n");
    for at in 0..sentences {
        parts.push(rng.of(&names.locale.sentences));
        parts.push(if at % 3 == 2 { "\n" } else { " " });
    }
    out.parts("content", &parts);
    out.flag("is_important", rng.chance(8));
    out.string("type", "regular");
    tags(out, rng);
}

fn text_message(out: &mut Json, owner: Option<u64>, names: &Names, when: u64, rng: &mut Rng) {
    out.link("user_id", owner);
    out.flag("incoming", rng.chance(50));
    out.parts("resource_phone_number", &[names.locale.phone, &(1_000 + rng.below(9_000)).to_string()]);
    out.string("user_phone_number", "+1 555 0100");
    out.string("content", rng.of(&names.locale.sentences));
    out.time("sent_at", when);
}
