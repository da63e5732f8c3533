//! Every state of the console that is looked at, by name: one list for whoever draws them all.

use drainboard::console::key::Key;
use drainboard::console::model::Model;

use super::{debugging, models, statements};

pub(crate) type Make = fn() -> Model;

pub(crate) const MODELS: [(&str, Make); 47] = [
    ("idle_without_mirror", models::idle_without_mirror),
    ("idle", models::idle),
    ("draining", models::draining),
    ("waiting", models::waiting),
    ("stepping", models::stepping),
    ("done", models::done),
    ("failed", models::failed),
    ("browse", models::browsing),
    ("browse_filter", models::filtering),
    ("browse_sorted", models::sorted),
    ("browse_tree", models::tree),
    ("browse_changes", models::changed),
    ("browse_columns", models::choosing),
    ("acks", debugging::acks),
    ("acks_held", || debugging::held(debugging::acks())),
    ("acks_detail", debugging::acks_detail),
    ("acks_stuck", debugging::acks_stuck),
    ("acks_empty", || debugging::press(models::idle_without_mirror(), &[Key::char('3')])),
    ("wire", debugging::wire),
    ("wire_detail", debugging::wire_detail),
    ("wire_filtered", debugging::wire_filtered),
    ("wire_searching", debugging::wire_searching),
    ("wire_recording", debugging::wire_recording),
    ("wire_record_to", || debugging::press(debugging::wire(), &debugging::chars("R"))),
    ("wire_in_full", debugging::wire_in_full),
    ("wire_empty", || debugging::press(models::idle_without_mirror(), &[Key::char('4')])),
    ("bending", debugging::bending),
    ("sql", statements::sql),
    ("sql_completing", statements::completing),
    ("sql_running", statements::running),
    ("sql_answered", statements::answered),
    ("sql_refused", statements::refused),
    ("sql_exporting", statements::exporting),
    ("sql_in_full", statements::in_full),
    ("sql_saved", statements::saved),
    ("sql_naming", statements::naming),
    ("history", statements::history),
    ("history_changes", statements::changes),
    ("history_change", statements::change),
    ("history_notes", statements::notes),
    ("palette", statements::palette),
    ("help", || debugging::press(models::draining(), &[Key::char('?')])),
    ("ask_device", models::asking_device),
    ("every", models::every),
    ("peek", models::peek),
    ("read_only", models::read_only),
    ("ask_quit", || debugging::press(models::draining(), &[Key::char('q')])),
];
