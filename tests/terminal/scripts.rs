//! What is pressed and seen for every action. A script starts on screen 1 at 120x40, in a demo of 300 records that is
//! up to date, and says what the action promises, not how it looks.

use drainboard::console::action::Scope;

#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// All of these.
    First(&'static [Step]),
    /// The action's own key.
    Press,
    /// The action's own key, again and again, until the screen shows this.
    PressUntil(&'static str),
    /// Other keys.
    Keys(&'static str),
    /// The screen shows this.
    See(&'static str),
    /// The screen does not show this.
    Gone(&'static str),
    /// The screen is not as it was at [`Step::Press`].
    Changed,
    /// These bytes were sent since [`Step::Press`].
    Sent(&'static str),
    /// There is a file with this end of its name in the folder where the program was started.
    File(&'static str),
    /// The program stops with the terminal given back, and comes again when continued.
    Stops,
    /// The program ends with this status and the terminal given back.
    Ends(u32),
}

pub(crate) struct Script {
    pub(crate) action: &'static str,
    pub(crate) scope: Scope,
    pub(crate) steps: &'static [Step],
}

use Step::{Changed, Ends, File, First, Gone, Keys, Press, PressUntil, See, Sent, Stops};

impl Script {
    /// The steps one by one.
    pub(crate) fn flat(&self) -> Vec<Step> {
        fn flat(steps: &[Step]) -> Vec<Step> {
            let one = |step: &Step| if let First(steps) = step { flat(steps) } else { vec![*step] };
            steps.iter().flat_map(one).collect()
        }
        flat(self.steps)
    }
}

const fn script(action: &'static str, scope: Scope, steps: &'static [Step]) -> Script {
    Script { action, scope, steps }
}

const EDITED: Step = See("the account was edited");
const STEPPING: Step = See("‖ next: start a session");
const FIRST: Step = See("▸1600000011");
/// The first contact by its name.
const BY_NAME: Step = See("▸1600000024");

/// The newest request, opened.
const OPENED: &[Step] = &[Keys("4"), See("7 requests"), Keys("\r"), See("▾ Request")];
/// A page taken in step mode, and not committed.
const TAKEN: &[Step] = &[
    Keys("e"),
    EDITED,
    Keys(".."),
    See("‖ next: take a page of main"),
    Keys("."),
    See("‖ next: commit the page of main"),
];
/// A saved statement, and their list.
const SAVED: &[Step] = &[
    Keys("5SELECT 41+1\x13"),
    See("save as"),
    Keys("mine\r\x15\x0f"),
    See("╭ Saved statements"),
    See("mine "),
];

pub(crate) const SCRIPTS: &[Script] = &[
    // Screen 1.
    script("sync", Scope::Sync, &[Keys("e"), EDITED, Press, See("session 2   drained"), See("✓ up to date")]),
    script("single", Scope::Sync, &[Keys("e"), EDITED, Press, See("✓ session done")]),
    script("pause", Scope::Sync, &[Keys("."), STEPPING, Press, Gone("‖"), See("✓ up to date")]),
    script(
        "step",
        Scope::Sync,
        &[Keys("e"), EDITED, Press, STEPPING, Press, See("‖ next: take a page of main")],
    ),
    script(
        "send-acks",
        Scope::Sync,
        &[First(TAKEN), Keys("."), See("20 pending"), Press, See("20 keys accepted")],
    ),
    script("step-one", Scope::Sync, &[First(TAKEN), Press, See("1 pending"), See("19 instructions")]),
    script("skip-page", Scope::Sync, &[First(TAKEN), Press, Gone("‖ next: commit"), See("0 pending")]),
    script(
        "give-up",
        Scope::Sync,
        &[Keys("e"), EDITED, Keys("."), STEPPING, Keys("."), See("‖ next: take"), Press, STEPPING],
    ),
    script("stop", Scope::Sync, &[Keys("."), STEPPING, Press, See("○ stopped")]),
    script(
        "try-now",
        Scope::Sync,
        // Of eight tries the last waits would take minutes.
        &[
            Keys("bjjj\r\r\r"),
            See("9 to come"),
            Keys("\x1b"),
            Gone("Bend"),
            Keys("s"),
            See("try now"),
            PressUntil("(after 8 tries)"),
        ],
    ),
    script("every", Scope::Sync, &[Press, See("synchronizes in 1 min")]),
    script("new-device", Scope::Sync, &[Press, See("╭ A new device")]),
    script("edit", Scope::Sync, &[Press, EDITED]),
    script("pace", Scope::Sync, &[Press, See("like the real service")]),
    script("bend", Scope::Sync, &[Press, See("Bend the service")]),
    script(
        "show-request",
        Scope::Sync,
        &[
            Keys("bjjj\r"),
            See("3 to come"),
            Keys("\x1b"),
            Gone("Bend"),
            Keys("s"),
            See("try now"),
            Press,
            See("POST  /v2/sync/start"),
            See("503"),
        ],
    ),
    script(
        "bend-more",
        Scope::Bend,
        &[Keys("b"), See("Bend the service"), Press, See("every answer takes 20 ms")],
    ),
    script(
        "bend-less",
        Scope::Bend,
        &[Keys("b\r"), See("every answer takes 20 ms"), Press, See("every answer takes 0 ms")],
    ),
    script("yes", Scope::Ask, &[Keys("."), STEPPING, Keys("q"), See("Stop it and quit?"), Press, Ends(0)]),
    script(
        "no",
        Scope::Ask,
        &[
            Keys("."),
            STEPPING,
            Keys("q"),
            See("Stop it and quit?"),
            Press,
            Gone("Stop it and quit?"),
            STEPPING,
        ],
    ),
    // A service that is watched.
    script("connect", Scope::Serve, &[Press, See("╭ Clients"), See("sees their own")]),
    script("bend", Scope::Serve, &[Press, See("Bend the service")]),
    script("edit", Scope::Serve, &[Press, EDITED]),
    script("pace", Scope::Serve, &[Press, See("like the real service")]),
    script("connect", Scope::Connect, &[Keys("c"), See("╭ Clients"), Press, Gone("╭ Clients")]),
    script(
        "copy-token",
        Scope::Connect,
        &[Keys("c"), See("╭ Clients"), Press, See("copied the token of user"), Sent("\x1b]52;c;")],
    ),
    script(
        "copy-address",
        Scope::Connect,
        &[
            Keys("c"),
            See("╭ Clients"),
            Press,
            See("copied the base URL"),
            Sent("]52;c;aHR0cDovLzEyNy4wLjAuMTo"),
        ],
    ),
    // Screen 2.
    script("open", Scope::Browse, &[Keys("2"), See("1 of 66"), Press, See("↵ follow")]),
    script(
        "filter-rows",
        Scope::Browse,
        &[Keys("2"), FIRST, Press, Keys("id=1600000012"), See("1 of 1 in ")],
    ),
    script("filter-like", Scope::Browse, &[Keys("2"), FIRST, Press, See("1 of 1 in ")]),
    script("sort", Scope::Browse, &[Keys("2"), FIRST, Keys(">"), Press, BY_NAME]),
    script("sort-by-id", Scope::Browse, &[Keys("2"), FIRST, Keys(">o"), BY_NAME, Press, Gone("▲"), FIRST]),
    script("column-before", Scope::Browse, &[Keys("2"), FIRST, Keys(">>"), Press, Keys("o"), BY_NAME]),
    script("column-next", Scope::Browse, &[Keys("2"), FIRST, Press, Keys("o"), BY_NAME]),
    script("columns", Scope::Browse, &[Keys("2"), FIRST, Press, See("╭ Columns")]),
    script("column-left", Scope::Browse, &[Keys("2"), FIRST, Keys(">>"), Press, See("id  email")]),
    script("column-right", Scope::Browse, &[Keys("2"), FIRST, Keys(">"), Press, See("id  email")]),
    script("wider", Scope::Browse, &[Keys("2"), FIRST, Keys(">"), Press, Changed]),
    script("narrower", Scope::Browse, &[Keys("2"), FIRST, Keys(">"), Press, Changed]),
    script("go-to-id", Scope::Browse, &[Keys("2"), FIRST, Press, Keys("1600000020\r"), See("▸1600000020")]),
    script("go-to-percent", Scope::Browse, &[Keys("2"), FIRST, Press, Keys("100\r"), See("66 of 66")]),
    script(
        "way-back",
        Scope::Browse,
        &[Keys("2"), FIRST, Keys("\rj\r"), See("‹ user"), Press, Gone("‹ user"), FIRST],
    ),
    script(
        "way-forward",
        Scope::Browse,
        &[Keys("2"), FIRST, Keys("\rj\r"), See("‹ user"), Keys("["), Gone("‹ user"), Press, See("‹ user")],
    ),
    script("changes", Scope::Browse, &[Keys("2"), FIRST, Press, See("Session 1 created it")]),
    script(
        "copy-record",
        Scope::Browse,
        &[Keys("2"), FIRST, Press, See("copied record"), Sent("\x1b]52;c;eyJ")],
    ),
    script(
        "export-rows",
        Scope::Browse,
        &[Keys("2"), FIRST, Press, Keys("\r"), See("66 "), See(".csv"), File(".csv")],
    ),
    // The base64 of the id, and of the id and a comma.
    script(
        "copy-cell",
        Scope::Browse,
        &[Keys("2"), FIRST, Press, See("copied id"), Sent("]52;c;MTYwMDAwMDAxMQ==")],
    ),
    script(
        "copy-row",
        Scope::Browse,
        &[Keys("2"), FIRST, Press, See("copied row"), Sent("]52;c;MTYwMDAwMDAxMSxT")],
    ),
    script("record-history", Scope::Browse, &[Keys("2"), FIRST, Press, See("The first state that")]),
    script(
        "deleted-records",
        Scope::Browse,
        &[Keys("2"), FIRST, Press, See("nothing of this type was deleted")],
    ),
    script(
        "refresh",
        Scope::Browse,
        &[
            Keys("2"),
            FIRST,
            Keys(">o"),
            BY_NAME,
            // A slow service, so that the run is on while one looks.
            Keys("1b\r"),
            See("every answer takes 20 ms"),
            Keys("\r"),
            See("every answer takes 120 ms"),
            Keys("\r"),
            See("every answer takes 500 ms"),
            Keys("\r"),
            See("every answer takes 2000 ms"),
            Keys("\x1b"),
            Gone("Bend"),
            Keys("e"),
            EDITED,
            Keys("s2"),
            See(" refreshes"),
            Press,
            Gone(" refreshes"),
        ],
    ),
    script("record-request", Scope::Browse, &[Keys("2"), FIRST, Press, See("GET  /v2/sync/")]),
    script("search-rows", Scope::Browse, &[Keys("2"), FIRST, Press, Keys("maple\r"), See("1 of ")]),
    script("find-in-record", Scope::Browse, &[Keys("2"), FIRST, Press, Keys("Maple\r"), See("1 of 3")]),
    script(
        "find-next",
        Scope::Browse,
        &[Keys("2"), FIRST, Keys("FMaple\r"), See("1 of 3"), Press, See("2 of 3")],
    ),
    script(
        "find-previous",
        Scope::Browse,
        &[Keys("2"), FIRST, Keys("FMaple\r"), See("1 of 3"), Press, See("3 of 3")],
    ),
    script("freeze-columns", Scope::Browse, &[Keys("2"), FIRST, Keys(">"), Press, Changed]),
    // Screen 3.
    script(
        "open-pack",
        Scope::Acks,
        &[Keys("3"), See("✓ sent"), Press, See("contact             1600000022")],
    ),
    script(
        "hold-acks",
        Scope::Acks,
        &[Keys("."), STEPPING, Keys("3"), See("✓ sent"), Press, See("holding the acks")],
    ),
    script(
        "drop-pack",
        Scope::Acks,
        &[Keys("."), STEPPING, Keys("3"), See("✓ sent"), Press, See("■ next pack is lost")],
    ),
    script("pack-request", Scope::Acks, &[Keys("3"), See("✓ sent"), Press, See("POST  /v2/sync/ack")]),
    script("send-acks", Scope::Acks, &[Keys("3"), See("✓ sent"), Press, See("no run is on")]),
    // Screen 4.
    script("open-request", Scope::Wire, &[Keys("4"), See("/v2/sync/ack"), Press, See("Bearer [token]")]),
    script(
        "filter-requests",
        Scope::Wire,
        &[Keys("4"), See("7 requests"), Press, Keys("op:ack"), See("1 of 7")],
    ),
    script(
        "copy-curl",
        Scope::Wire,
        &[
            Keys("4"),
            See("7 requests"),
            Press,
            See("$BASECRM_ACCESS_TOKEN for the token"),
            Sent("\x1b]52;c;Y3Vyb"),
        ],
    ),
    script(
        "export-har",
        Scope::Wire,
        &[Keys("4"), See("7 requests"), Press, See("7 exchanges in"), File(".har")],
    ),
    script(
        "fold",
        Scope::Wire,
        &[Keys("4"), See("7 requests"), Keys("\r"), See("▾ Request"), Keys("jjjj"), Press, See("▸ Request")],
    ),
    script(
        "fold-all",
        Scope::Wire,
        &[Keys("4"), See("7 requests"), Keys("G\r"), See("total_count"), Press, Gone("total_count")],
    ),
    script("record", Scope::Wire, &[Keys("4"), See("7 requests"), Press, Keys("\r"), See("● rec")]),
    script("search-request", Scope::Wire, &[First(OPENED), Press, Keys("e"), See("lines have it")]),
    script(
        "next-hit",
        Scope::Wire,
        &[First(OPENED), Keys("se"), See("lines have it"), Keys("\r"), Gone("lines have it"), Press, Changed],
    ),
    script(
        "hit-before",
        Scope::Wire,
        &[First(OPENED), Keys("se"), See("lines have it"), Keys("\r"), Gone("lines have it"), Press, Changed],
    ),
    script("whole", Scope::Wire, &[First(OPENED), Press, See("End bottom")]),
    script("whole", Scope::Browse, &[Keys("2"), FIRST, Press, See("╭ id")]),
    // Screen 5.
    script(
        "whole",
        Scope::Sql,
        &[Keys("5SELECT 41+1\r"), See("1 row"), Keys("\x1b"), See("in full"), Press, See("Esc close")],
    ),
    script(
        "whole",
        Scope::Whole,
        &[
            Keys("5SELECT 41+1\r"),
            See("1 row"),
            Keys("\x1b"),
            See("in full"),
            Keys("v"),
            See("Esc close"),
            Press,
            Gone("Esc close"),
        ],
    ),
    script(
        "export-result",
        Scope::Sql,
        &[
            Keys("5SELECT 41+1\r"),
            See("1 row"),
            Keys("\x1b"),
            See("in full"),
            Press,
            Keys("\r"),
            See("1 row in"),
            File(".csv"),
        ],
    ),
    script(
        "save-statement",
        Scope::Prompt,
        &[Keys("5SELECT 41+1"), See("41+1"), Press, Keys("mine\r"), See("saved as mine")],
    ),
    script(
        "saved-statements",
        Scope::Prompt,
        &[Keys("5"), See("Read-only SQL"), Press, See("╭ Saved statements")],
    ),
    script("edit-saved", Scope::Saved, &[First(SAVED), Press, Gone("╭ Saved"), See("› SELECT 41+1")]),
    script(
        "forget-saved",
        Scope::Saved,
        &[First(SAVED), Press, See("again forgets it"), Press, Gone("mine ")],
    ),
    script("choose", Scope::Saved, &[First(SAVED), Press, See("1 row"), See(" 42")]),
    script(
        "edit-sql",
        Scope::Sql,
        &[Keys("5"), See("Read-only SQL"), Keys("\x1b"), See("statement"), Press, Keys("sel"), See("› sel")],
    ),
    script(
        "copy-cell",
        Scope::Sql,
        &[Keys("5SELECT 41+1\r"), See("1 row"), Keys("\x1b"), See("in full"), Press, Sent("]52;c;NDI=")],
    ),
    script(
        "copy-row",
        Scope::Sql,
        &[Keys("5SELECT 4,2\r"), See("1 row"), Keys("\x1b"), See("in full"), Press, Sent("]52;c;NCwy")],
    ),
    script("run-sql", Scope::Prompt, &[Keys("5SELECT 41+1"), See("41+1"), Press, See("1 row"), See(" 42")]),
    script(
        "complete",
        Scope::Prompt,
        &[Keys("5"), See("visit_outcome"), Keys("SELECT 1 FROM conta"), Press, See("FROM contact")],
    ),
    script(
        "complete-back",
        Scope::Prompt,
        &[Keys("5"), See("visit_outcome"), Keys("SELECT 1 FROM "), Press, See("FROM _unkeyed")],
    ),
    script(
        "older",
        Scope::Prompt,
        &[Keys("5SELECT 41+1\r"), See("1 row"), Keys("\x15"), Gone("› SELECT"), Press, See("› SELECT 41+1")],
    ),
    script(
        "newer",
        Scope::Prompt,
        &[
            Keys("5SELECT 41+1\r"),
            See("1 row"),
            Keys("\x15\x1b[A"),
            See("› SELECT 41+1"),
            Press,
            Gone("› SELECT"),
        ],
    ),
    // Screen 6.
    script("open-session", Scope::History, &[Keys("6"), See("✓ drained"), Press, See("pages 1–3")]),
    script(
        "next-event",
        Scope::History,
        &[Keys("6"), See("✓ drained"), Keys("\r"), See("pages 1–3"), Press, See("created only")],
    ),
    script(
        "filter-type",
        Scope::History,
        &[Keys("6"), See("✓ drained"), Keys("\r"), See("pages 1–3"), Press, See("contact, deal")],
    ),
    script(
        "change-request",
        Scope::History,
        &[Keys("6"), See("✓ drained"), Keys("\r"), See("pages 1–3"), Press, See("▾ Request")],
    ),
    script(
        "change-page",
        Scope::History,
        &[Keys("6"), See("✓ drained"), Keys("\r"), See("pages 1–3"), Press, See("Page 1:")],
    ),
    // Lines.
    script("choose", Scope::Palette, &[Keys(":show-hist"), See("1 of 1"), Press, See("✓ drained")]),
    script(
        "accept",
        Scope::Line,
        &[Keys("4/op:ack"), See("1 of 7"), Press, Keys("\r"), See("POST  /v2/sync/ack")],
    ),
    script("text-left", Scope::Text, &[Keys(":ab cd"), Press, Keys("X"), See("ab cXd")]),
    script("text-right", Scope::Text, &[Keys(":ab cd\x1b[H"), Press, Keys("X"), See("aXb cd")]),
    script("text-word-left", Scope::Text, &[Keys(":ab cd"), Press, Keys("X"), See("ab Xcd")]),
    script(
        "text-word-right",
        Scope::Text,
        &[Keys(":ab cd\x1b[H"), Press, Keys("X"), Gone("Xab"), See("X"), Gone("cdX")],
    ),
    script("text-start", Scope::Text, &[Keys(":ab cd"), Press, Keys("X"), See("Xab cd")]),
    script("text-end", Scope::Text, &[Keys(":ab cd\x1b[H"), Press, Keys("X"), See("ab cdX")]),
    script("delete-left", Scope::Text, &[Keys(":ab cd"), Press, Keys("X"), See("ab cX")]),
    script("delete-right", Scope::Text, &[Keys(":ab cd\x1b[H"), Press, Keys("X"), See("Xb cd")]),
    script("delete-word", Scope::Text, &[Keys(":ab cd"), Press, Keys("X"), See("ab X")]),
    script("delete-to-start", Scope::Text, &[Keys(":ab cd\x1b[D"), Press, Keys("X"), See("› Xd")]),
    script("delete-to-end", Scope::Text, &[Keys(":ab cd\x1b[H"), Press, Keys("X"), See("› X "), Gone("Xa")]),
    // Everywhere.
    script(
        "show-sync",
        Scope::Global,
        &[Keys("3"), See("If it crashes now"), Press, Gone("If it crashes now"), See("budget")],
    ),
    script("show-browse", Scope::Global, &[Press, See("Types"), FIRST]),
    script("show-acks", Scope::Global, &[Press, See("If it crashes now")]),
    script("show-wire", Scope::Global, &[Press, See("7 requests")]),
    script("show-sql", Scope::Global, &[Press, See("Read-only SQL")]),
    script("show-history", Scope::Global, &[Press, See("✓ drained")]),
    script("palette", Scope::Global, &[Press, See("╭ Commands")]),
    script("next-pane", Scope::Global, &[Keys("2"), FIRST, Press, See("↵ follow")]),
    script("previous-pane", Scope::Global, &[Keys("2"), FIRST, Press, Keys("j"), See("1 of 52")]),
    script("up", Scope::Global, &[Keys("2"), FIRST, Keys("jj"), See("3 of 66"), Press, See("2 of 66")]),
    script("down", Scope::Global, &[Keys("2"), See(" 1 of 66"), Press, See("2 of 66")]),
    script("left", Scope::Global, &[Keys("2"), See(" 1 of 66"), Press, Keys("j"), See("1 of 52")]),
    script("right", Scope::Global, &[Keys("2"), See(" 1 of 66"), Press, See("↵ follow")]),
    script(
        "page-up",
        Scope::Global,
        &[Keys("2"), FIRST, Keys("G"), See("66 of 66"), Press, Gone("66 of 66")],
    ),
    script("page-down", Scope::Global, &[Keys("2"), See(" 1 of 66"), Press, Gone(" 1 of 66"), See(" of 66")]),
    script("top", Scope::Global, &[Keys("2"), FIRST, Keys("G"), See("66 of 66"), Press, See(" 1 of 66")]),
    script("bottom", Scope::Global, &[Keys("2"), See(" 1 of 66"), Press, See("66 of 66")]),
    script("back", Scope::Global, &[Keys("?"), See("On this screen"), Press, Gone("On this screen")]),
    script("help", Scope::Global, &[Press, See("On this screen")]),
    script("redraw", Scope::Global, &[Press, Sent("\x1b[2J"), Sent("drainboard"), Sent("help")]),
    script(
        "mouse",
        Scope::Global,
        &[Press, See("the mouse is the terminal's"), Sent("\x1b[?1000l"), Press, Sent("\x1b[?1000h")],
    ),
    script("suspend", Scope::Global, &[Press, Stops, See("✓ up to date")]),
    script("welcome-demo", Scope::Welcome, &[Press, See("127.0.0.1")]),
    script("welcome-connect", Scope::Welcome, &[Press, See("answer 1 of 3"), See("https://api.getbase.com")]),
    script("quit", Scope::Global, &[Press, Ends(0)]),
    script("interrupt", Scope::Global, &[Press, Ends(130)]),
];
