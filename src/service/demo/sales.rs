//! Deals and what belongs to them: orders, their lines, the contacts beside the main one, who helps.

use super::json::Json;
use super::people::{custom_fields, is_organization, tags, times};
use super::words::{PRODUCTS, STAGES};
use super::{Kind, World, id};

impl World {
    /// Writes a deal, or something that belongs to one, without its braces.
    pub(super) fn sale(&self, out: &mut Json, kind: Kind, at: u64) {
        match kind {
            Kind::Deal => self.deal(out, at),
            Kind::AssociatedContact => self.associated_contact(out, at),
            Kind::Order => self.order(out, at),
            Kind::LineItem => self.line_item(out, at),
            _ => self.collaboration(out, at),
        }
    }

    fn deal(&self, out: &mut Json, at: u64) {
        let mut rng = self.rng(Kind::Deal, at);
        let (created, updated) = times(&mut rng);
        let contact = self.pick(Kind::Contact, &mut rng);
        let names = self.names(Kind::Contact, contact.unwrap_or(0));
        let stage = self.pick(Kind::Stage, &mut rng);
        let lost = stage.is_some_and(|stage| STAGES[stage as usize % STAGES.len()] == "Lost");
        out.number("id", id(Kind::Deal, at));
        out.link("creator_id", self.link(Kind::User, &mut rng));
        out.link("owner_id", self.owner(Kind::Deal, at));
        out.parts("name", &[names.company, " – ", rng.of(&PRODUCTS)]);
        let cents = match rng.below(100) {
            0 => 1_999_999_999_999_999_999,
            1..5 => rng.below(1_000_000_000_000),
            _ => 1_000 + rng.below(5_000_000),
        };
        out.money("value", cents);
        out.string("currency", names.locale.currency);
        out.flag("hot", rng.chance(12));
        out.link("stage_id", stage.map(|stage| id(Kind::Stage, stage)));
        out.time("last_stage_change_at", updated);
        out.link("last_stage_change_by_id", self.link(Kind::User, &mut rng));
        out.time("last_activity_at", updated);
        out.link("source_id", self.link(Kind::DealSource, &mut rng));
        out.link("loss_reason_id", self.link(Kind::LossReason, &mut rng).filter(|_| lost));
        let unqualified = rng.chance(4);
        out.link(
            "unqualified_reason_id",
            self.link(Kind::DealUnqualifiedReason, &mut rng).filter(|_| unqualified),
        );
        out.link("contact_id", contact.map(|contact| id(Kind::Contact, contact)));
        let organization = contact.filter(|contact| is_organization(*contact));
        out.link("organization_id", organization.map(|contact| id(Kind::Contact, contact)));
        out.parts("dropbox_email", &["dropbox+", &id(Kind::Deal, at).to_string(), "@deals.example.com"]);
        out.date("estimated_close_date", updated + rng.below(20_000_000));
        if rng.chance(30) {
            out.number("customized_win_likelihood", rng.below(21) * 5);
        } else {
            out.raw("customized_win_likelihood", "null");
        }
        tags(out, &mut rng);
        custom_fields(out, &mut rng);
        out.time("added_at", created);
        out.time("created_at", created);
        out.time("updated_at", updated);
    }

    /// The reference gives it no id of its own: it is what it links.
    fn associated_contact(&self, out: &mut Json, at: u64) {
        let mut rng = self.rng(Kind::AssociatedContact, at);
        let (created, updated) = times(&mut rng);
        let deal = self.deal_of(Kind::AssociatedContact, at);
        out.link("contact_id", self.link(Kind::Contact, &mut rng));
        out.link("deal_id", deal.map(|deal| id(Kind::Deal, deal)));
        out.string("role", "involved");
        out.time("created_at", created);
        out.time("updated_at", updated);
    }

    fn order(&self, out: &mut Json, at: u64) {
        let mut rng = self.rng(Kind::Order, at);
        let (created, updated) = times(&mut rng);
        let deal = self.deal_of(Kind::Order, at);
        out.number("id", id(Kind::Order, at));
        out.link("deal_id", deal.map(|deal| id(Kind::Deal, deal)));
        out.number("discount", rng.below(30));
        out.time("created_at", created);
        out.time("updated_at", updated);
    }

    fn line_item(&self, out: &mut Json, at: u64) {
        let mut rng = self.rng(Kind::LineItem, at);
        let (created, updated) = times(&mut rng);
        let product = self.pick(Kind::Product, &mut rng);
        let (price, quantity) = (100 + rng.below(500_000), 1 + rng.below(40));
        out.number("id", id(Kind::LineItem, at));
        out.link("order_id", self.order_of(at).map(|order| id(Kind::Order, order)));
        out.link("product_id", product.map(|product| id(Kind::Product, product)));
        out.string("name", PRODUCTS[product.unwrap_or(0) as usize % PRODUCTS.len()]);
        out.parts("sku", &["SKU-", &product.unwrap_or(0).to_string()]);
        out.number("quantity", quantity);
        out.money("price", price);
        out.money("value", price * quantity);
        // A number, as the reference shows it here, that only exact decimals keep.
        out.raw("variation", rng.of(&["0", "-2.50", "0.1000000000000000055", "19999999999999.99"]));
        out.string("currency", rng.of(&["USD", "EUR", "PLN", "JPY"]));
        out.raw("description", "null");
        out.time("created_at", created);
        out.time("updated_at", updated);
    }

    fn collaboration(&self, out: &mut Json, at: u64) {
        let mut rng = self.rng(Kind::Collaboration, at);
        let (created, updated) = times(&mut rng);
        let deal = self.deal_of(Kind::Collaboration, at);
        out.number("id", id(Kind::Collaboration, at));
        out.link("creator_id", self.link(Kind::User, &mut rng));
        out.string("resource_type", "deal");
        out.link("resource_id", deal.map(|deal| id(Kind::Deal, deal)));
        out.link("collaborator_id", self.link(Kind::User, &mut rng));
        out.time("created_at", created);
        out.time("updated_at", updated);
    }
}
