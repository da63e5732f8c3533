//! The protocol's words against golden bodies and against whatever bytes there are.

use drainboard::protocol::error::ErrorBody;
use drainboard::protocol::{EventType, Page, RecordId, Session, ack, record};
use drainboard::text;
use proptest::prelude::*;
use proptest::test_runner::Config;
use unicode_width::UnicodeWidthChar;

fn page(body: &str) -> Page {
    Page::parse(body.as_bytes().to_vec()).unwrap_or_else(|e| panic!("{e}: {body:.300}"))
}

fn no_page(body: &str) {
    assert!(Page::parse(body.as_bytes().to_vec()).is_err(), "{body:.300}");
}

/// A page of one item around `data`.
fn around(data: &str) -> String {
    format!(
        r#"{{"items": [{{"data":{data},"meta":{{"type":"t","sync":{{"event_type":"created","ack_key":"k","revision":1}}}}}}],"meta":{{}}}}"#
    )
}

// ---- golden bodies

#[test]
fn a_session_is_read_and_its_links_are_not() {
    let session = Session::parse(include_bytes!("wire/start.json").to_vec()).unwrap();
    assert_eq!(session.id.0, "6b1f2c1e-session");
    assert_eq!(session.queues.len(), 1);
    let queue = &session.queues[0];
    assert_eq!((queue.name.0.as_str(), queue.pages, queue.total_count), ("main", Some(25), Some(2471)));
}

#[test]
fn guesses_of_a_session_may_have_any_shape() {
    let deep = "[".repeat(300) + &"]".repeat(300);
    for guess in ["null", "-1", "\"25\"", "1.5", "1e999", "{}", &deep] {
        let body = format!(
            r#"{{"data":{{"id":"s","queues":[{{"data":{{"name":"main","pages":{guess},"total_count":{guess}}}}}]}}}}"#
        );
        let session = Session::parse(body.into_bytes()).unwrap();
        assert_eq!((session.queues[0].pages, session.queues[0].total_count), (None, None), "{guess:.20}");
    }
}

#[test]
fn what_is_no_session_is_no_session() {
    let bodies = [
        "",
        "null",
        "{}",
        "[]",
        r#"[["s",[]]]"#,
        r#"{"data":["s",[]]}"#,
        r#"{"data":{"id":1,"queues":[]}}"#,
        r#"{"data":{"id":"s"}}"#,
        r#"{"data":{"id":"s","queues":{}}}"#,
        r#"{"data":{"id":"s","queues":["main"]}}"#,
        r#"{"data":{"id":"s","queues":[{"data":["main"]}]}}"#,
        r#"{"id":"s","queues":[]}"#,
        include_str!("wire/gateway_502.html"),
        include_str!("wire/page.json"),
    ];
    for body in bodies {
        assert!(Session::parse(body.as_bytes().to_vec()).is_err(), "{body}");
    }
}

#[test]
fn a_page_is_read_in_its_order() {
    let body = include_str!("wire/page.json");
    let page = page(body);
    assert_eq!((page.len(), page.count_left, page.bytes(), page.body()), (2, Some(2369), body.len(), body));
    let items: Vec<_> = page.items().collect();
    assert_eq!(items[0].kind, "user");
    assert_eq!(items[0].data, r#"{"id": 1, "name": "Ada", "email": "ada@example.com"}"#);
    assert_eq!(
        (items[0].event, items[0].ack_key, items[0].revision),
        (EventType::Created, Some("User-1-7"), Some(7))
    );
    assert_eq!(items[1].kind, "lead");
    assert_eq!((items[1].event, items[1].data), (EventType::Deleted, r#"{"id": 55}"#));
    assert_eq!(items[1].id, Some(&RecordId::Int(55)));
    assert_eq!((page.failed[0].kind.as_str(), page.failed[0].id.as_i64()), ("deal", Some(9)));
}

#[test]
fn a_page_may_be_empty_or_bare() {
    let empty = page(include_str!("wire/page_empty.json"));
    assert_eq!((empty.is_empty(), empty.count_left), (true, Some(3)));
    let bare = page(include_str!("wire/page_bare.json"));
    assert_eq!((bare.len(), bare.count_left, bare.failed.len()), (1, None, 0));
}

#[test]
fn a_type_that_nobody_has_heard_of_is_kept_like_any_other() {
    let page = page(include_str!("wire/page_unknown.json"));
    let items: Vec<_> = page.items().collect();
    assert_eq!((items[0].kind, items[0].event), ("hologram", EventType::Other));
    assert_eq!(items[0].id, Some(&RecordId::Text("b7f0".into())));
    assert!(items[0].data.contains("0.1000000000000000055511151231257827"));
    assert_eq!((items[1].kind, items[1].id), ("associated_contact", None));
}

#[test]
fn an_odd_item_is_kept_with_what_it_has() {
    let page = page(include_str!("wire/page_odd_items.json"));
    let seen: Vec<_> = page.items().map(|i| (i.kind, i.data, i.event, i.ack_key, i.revision)).collect();
    let (other, deleted) = (EventType::Other, EventType::Deleted);
    let expected = [
        ("", r#"{"id": 1}"#, other, None, None),
        ("", r#"{"id": 2}"#, other, None, None),
        ("deal", r#"{"id": 3}"#, other, None, None),
        ("", r#"{"id": 4}"#, other, None, None),
        ("", r#"{"id": 5}"#, other, None, None),
        ("", r#"{"id": 6}"#, other, None, None),
        ("", r#"{"id": 7}"#, other, None, None),
        ("deal", r#"{"id": 8}"#, other, None, None),
        ("deal", "null", deleted, Some("k9"), Some(9)),
        ("deal", "null", deleted, Some("k10"), Some(10)),
        ("deal", r#""just a text""#, other, None, Some(i64::MAX)),
        ("deal", r#"[ {"id": 12} ]"#, other, Some("k\"12"), Some(-3)),
        ("", "null", other, None, None),
    ];
    assert_eq!(seen, expected);
    let ids: Vec<_> = page.items().filter_map(|i| i.id.cloned()).collect();
    assert_eq!(ids, (1..=8).map(RecordId::Int).collect::<Vec<_>>());
}

#[test]
fn a_guide_of_another_shape_costs_no_page() {
    let odd = page(include_str!("wire/page_odd_guide.json"));
    assert_eq!(odd.count_left, None);
    let failed: Vec<_> = odd.failed.iter().map(|f| (f.kind.as_str(), f.id.to_string())).collect();
    let expected = [("deal", "9"), ("", "\"x\""), ("", "null"), ("", "12"), ("", "\"lead-4\""), ("", "null")];
    assert_eq!(failed, expected.map(|(kind, id)| (kind, id.to_owned())));
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    let metas = ["null", "[]", "7", "1e999", "\"\\ud800\"", r#"{"count_left":1,"count_left":2}"#, &deep];
    for meta in metas {
        assert!(page(&format!(r#"{{"items":[],"meta":{meta}}}"#)).is_empty());
        assert!(page(&format!(r#"{{"items":[],"meta":{{"failed_objects":{meta}}}}}"#)).is_empty());
        assert!(page(&format!(r#"{{"items":[],"extra":{meta}}}"#)).is_empty());
    }
    assert_eq!(page(&format!(r#"{{"items":[],"meta":{{"failed_objects":[{deep}]}}}}"#)).failed.len(), 1);
}

#[test]
fn what_is_no_page_is_never_an_empty_page() {
    let bodies = [
        "",
        " ",
        "null",
        "[]",
        "{}",
        "[[]]",
        "[[], {}]",
        r#"{"items":null}"#,
        r#"{"items":{}}"#,
        r#"{"items":""}"#,
        r#"{"items":[null]}"#,
        r#"{"items":[1]}"#,
        r#"{"items":[[{"id":1},{}]]}"#,
        r#"{"Items":[]}"#,
        r#"{"data":{"items":[]}}"#,
        r#"{"items":[]}{"items":[]}"#,
        r#"{"items":[]},"#,
        "\u{feff}{\"items\":[]}",
        include_str!("wire/gateway_502.html"),
        include_str!("wire/start.json"),
        include_str!("wire/error_401.json"),
    ];
    bodies.into_iter().for_each(no_page);
    assert!(Page::parse(b"{\"items\":[{\"data\":\"\xff\"}]}".to_vec()).is_err(), "no UTF-8");
}

#[test]
fn a_member_twice_in_an_envelope_is_refused_and_in_a_record_it_is_kept() {
    for item in [
        r#"{"data":{"id":1},"data":{"id":2}}"#,
        r#"{"data":{"id":1},"meta":{},"meta":{}}"#,
        r#"{"data":{"id":1},"meta":{"type":"a","type":"b"}}"#,
        r#"{"data":{"id":1},"meta":{"sync":{"ack_key":"a","ack_key":"b"}}}"#,
        r#"{"data":{"id":1},"meta":{"sync":{"revision":1,"revision":2}}}"#,
    ] {
        no_page(&format!(r#"{{"items":[{item}]}}"#));
    }
    no_page(r#"{"items":[],"items":[]}"#);
    let data = r#"{"id":1,"id":2,"a":1,"a":{"b":1,"b":2}}"#;
    let page = page(&around(data));
    let item = page.items().next().unwrap();
    assert_eq!((item.data, item.id), (data, Some(&RecordId::Int(1))));
}

#[test]
fn what_is_tiny_on_the_wire_is_bounded_in_number() {
    let list = |element: &str, n: usize| vec![element; n].join(",");
    no_page(&format!(r#"{{"items":[{}]}}"#, list("{}", (1 << 20) + 1)));
    let session = |n| {
        let queues = list(r#"{"data":{"name":"main"}}"#, n);
        Session::parse(format!(r#"{{"data":{{"id":"s","queues":[{queues}]}}}}"#).into_bytes())
    };
    assert_eq!(session(10_000).unwrap().queues.len(), 10_000);
    assert!(session(10_001).is_err());
    // A guide costs no page.
    let guide = page(&format!(r#"{{"items":[],"meta":{{"failed_objects":[{}]}}}}"#, list("0", 20_000)));
    assert_eq!(guide.failed.len(), 10_000);
}

#[test]
fn depth_costs_no_stack() {
    for depth in [100, 1_000, 5_000, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let data = format!(r#"{{"id":1,"deep":{deep}}}"#);
            for data in [&data, &deep] {
                let page = page(&around(data));
                assert_eq!(page.items().next().unwrap().data, data);
            }
            page(&format!(r#"{{"items":[],"x":{deep},"meta":{{"y":{deep}}}}}"#));
            page(&format!(r#"{{"items":[{{"data":1,"meta":{deep}}}]}}"#));
            page(&format!(r#"{{"items":[{{"data":1,"meta":{{"sync":{{"ack_key":{deep}}}}}}}]}}"#));
            no_page(&deep);
            assert_eq!(ErrorBody::parse(deep.as_bytes()), ErrorBody::default());
        }
    }
}

#[test]
fn errors_are_read_as_far_as_they_go() {
    let whole = ErrorBody::parse(include_bytes!("wire/error_401.json"));
    assert_eq!(whole.code.as_deref(), Some("unauthorized"));
    assert_eq!(whole.logref.as_deref(), Some("ref-401"));
    assert!(whole.message.is_some() && whole.details.is_some());
    let bare = ErrorBody::parse(include_bytes!("wire/error_bare.json"));
    assert_eq!((bare.code.as_deref(), bare.message, bare.logref), (Some("rate_limit_exceeded"), None, None));
    let odd = br#"{"errors":[{"error":{"code":["x"],"message":42}}, 7],"meta":{"logref":null}}"#;
    let odd = ErrorBody::parse(odd);
    assert_eq!((odd.code, odd.message.as_deref(), odd.logref), (None, Some("42"), None));
    let logref = ErrorBody::parse(br#"{"errors":null,"meta":{"logref":"r"}}"#).logref;
    assert_eq!(logref.as_deref(), Some("r"), "one odd member hides no other");
    assert_eq!(ErrorBody::parse(include_bytes!("wire/gateway_502.html")), ErrorBody::default());
}

#[test]
fn an_ack_pack_carries_its_keys_unchanged() {
    let keys = ["User-1-7", "", "\"\\\n\u{0}", "ключ"];
    let body: ack::AckBody<ack::AckKey> = serde_json::from_slice(&ack::encode(keys.to_vec())).unwrap();
    assert_eq!(body.data.ack_keys, keys);
}

#[test]
fn what_hides_or_reorders_is_shown() {
    let hostile = "\0\t\r\n\u{1b}\u{7f}\u{80}\u{9b}\u{9d}\u{ad}\u{61c}\u{180e}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\
                   \u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{fff9}\u{fffb}\u{e0001}\u{e0041}\u{e007f}";
    for (before, after) in hostile.chars().zip(text::visible(hostile).chars()) {
        assert_ne!(before, after, "{before:?}");
    }
    let harmless = "Zażółć 漢字 עברית हिन्दी 👩\u{200d}💻 ❤\u{fe0f} نمی\u{200c}خواهم";
    assert_eq!(text::visible(harmless), harmless);
}

// ---- whatever bytes there are

/// JSON text as some server might write it: any blanks, numbers of any size, escapes, duplicates.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?",
        text_json(),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..6), blank())
                .prop_map(|(items, s)| format!("[{s}{}{s}]", items.join(&format!("{s},{s}")))),
            (prop::collection::vec((name(), inner), 0..6), blank()).prop_map(|(fields, s)| {
                let fields: Vec<_> = fields.iter().map(|(n, v)| format!("{n}{s}:{s}{v}")).collect();
                format!("{{{s}{}{s}}}", fields.join(&format!("{s},{s}")))
            }),
        ]
    })
}

fn blank() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,3}"
}

/// A string in its quotes: plain text, or with every kind of escape, lone surrogates included.
fn text_json() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        any::<char>()
            .prop_filter("written as it is", |c| *c >= ' ' && *c != '"' && *c != '\\')
            .prop_map(String::from),
        prop::sample::select(vec!["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"])
            .prop_map(str::to_owned),
        any::<u16>().prop_map(|unit| format!("\\u{unit:04x}")),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

/// A field's name; few enough that some come twice.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(vec!["\"id\"", "\"a\"", "\"\""]).prop_map(str::to_owned), text_json()]
}

proptest! {
    #![proptest_config(Config {
        failure_persistence: None,
        cases: 512,
        rng_seed: proptest::test_runner::RngSeed::Fixed(include!("seed/given.rs")),
        ..Config::default()
    })]

    #[test]
    fn data_is_kept_byte_for_byte(first in json(), second in json(), blank in blank()) {
        let body = format!("{blank}{{\"items\":{blank}[{{\"data\":{blank}{first}{blank}}},{{\"meta\":{{}},{blank}\"data\":{second}}}]}}");
        let page = page(&body);
        let kept: Vec<_> = page.items().map(|item| item.data.to_owned()).collect();
        prop_assert_eq!(kept, [first, second]);
    }

    #[test]
    fn any_json_as_any_part_of_an_envelope_panics_nothing(json in json()) {
        for body in [
            json.clone(),
            format!(r#"{{"items":{json}}}"#),
            format!(r#"{{"items":[],"meta":{json}}}"#),
            format!(r#"{{"items":[{json}]}}"#),
            format!(r#"{{"items":[{{"meta":{json}}}]}}"#),
            format!(r#"{{"items":[{{"meta":{{"type":{json},"sync":{{"event_type":{json},"ack_key":{json},"revision":{json}}}}}}}]}}"#),
            format!(r#"{{"errors":{json},"meta":{json}}}"#),
        ] {
            let _ = Page::parse(body.clone().into_bytes()).map(|page| page.items().count());
            let _ = Session::parse(body.clone().into_bytes());
            let _ = ErrorBody::parse(body.as_bytes());
        }
        let _ = Session::parse(format!(r#"{{"data":{json}}}"#).into_bytes());
    }

    #[test]
    fn an_odd_word_costs_no_page(json in json()) {
        let item = format!(r#"{{"data":{json},"meta":{{"type":{json},"sync":{{"event_type":{json},"ack_key":{json},"revision":{json}}}}}}}"#);
        prop_assert_eq!(page(&format!(r#"{{"items":[{item}],"meta":{{"count_left":{json},"failed_objects":{json}}}}}"#)).len(), 1);
    }

    #[test]
    fn an_ack_key_comes_as_it_was_meant(key in any::<String>()) {
        let body = format!(r#"{{"items":[{{"meta":{{"sync":{{"ack_key":{}}}}}}}]}}"#, serde_json::to_string(&key).unwrap());
        let page = page(&body);
        prop_assert_eq!(page.items().next().unwrap().ack_key, Some(key.as_str()));
    }

    #[test]
    fn arbitrary_bytes_panic_nothing(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Page::parse(bytes.clone());
        let _ = Session::parse(bytes.clone());
        let _ = ErrorBody::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = record::id(&text);
        let _ = RecordId::from_json(&text);
    }

    #[test]
    fn a_truncated_page_is_never_a_page(data in json()) {
        let body = around(&data);
        for end in (0..body.len()).filter(|end| body.is_char_boundary(*end)) {
            prop_assert!(Page::parse(body.as_bytes()[..end].to_vec()).is_err(), "{}", &body[..end]);
        }
    }

    #[test]
    fn fields_are_walked_whatever_their_names(names in prop::collection::vec(text_json(), 0..8)) {
        let data = names.iter().map(|n| format!("{n}:0")).chain(["\"last\":1".to_owned()]).collect::<Vec<_>>().join(",");
        let mut seen = Vec::new();
        record::each_field(&format!("{{{data}}}"), |name, value| seen.push((name.to_owned(), value.to_owned())));
        let unicode = names.iter().filter(|n| serde_json::from_str::<String>(n).is_ok()).count();
        prop_assert_eq!(seen.len(), unicode + 1);
        prop_assert_eq!(seen.last().unwrap(), &("last".to_owned(), "1".to_owned()));
    }

    #[test]
    fn visible_text_drives_no_terminal(text in any::<String>()) {
        let seen = text::visible(&text);
        prop_assert!(!seen.contains(char::is_control));
        prop_assert!(seen.chars().all(|c| text::symbol(c).is_none()), "{seen:?}");
        prop_assert!(seen.chars().count() <= text.chars().count());
        prop_assert_eq!(&text::visible(&seen), &seen, "once is enough");
        // What has a width of its own is itself or its symbol; marks and selectors go by what stands before them.
        let own = |text: &str| -> String {
            let own = text.chars().filter(|c| c.width() != Some(0));
            own.map(|c| text::symbol(c).unwrap_or(c)).filter(|c| *c != '\u{fffd}').collect()
        };
        prop_assert_eq!(own(&seen), own(&text));
    }
}
