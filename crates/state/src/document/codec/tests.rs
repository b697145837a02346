//! The promise of the document: whole and understood, or refused.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use insta::assert_snapshot;
use proptest::prelude::*;
use provision_config::Address;
use provision_reconciler::{Record, Superseded};
use serde_json::{Map, json};
use uuid::Uuid;

use super::*;
use crate::document::{Author, ChangeKind, Intent, Operation};
use crate::journal::{Content, Entry, Header, Seal};

/// Written by the first engines that wrote these formats, and never to be edited: they stand for every state out there.
const FORMAT_1: &str = include_str!("../../../tests/documents/format-1.json");
const FORMAT_2: &str = include_str!("../../../tests/documents/format-2.json");
const SEGMENT_2: &str = include_str!("../../../tests/documents/segment-2.json");
const WATCH_2: &str = include_str!("../../../tests/documents/watch-2.json");
const WATCH_3: &str = include_str!("../../../tests/documents/watch-3.json");

fn example() -> State {
    let bucket = Record {
        kind: "s3_bucket".to_owned(),
        id: "acme-dev-data".to_owned(),
        region: "us-east-1".to_owned(),
        spec: Some(json!({ "bucket": "acme-dev-data", "versioning": true, "tags": { "Note": "two\nlines, \"ä\"" } })),
        outputs: Map::from_iter([("arn".to_owned(), json!("arn:aws:s3:::acme-dev-data"))]),
        dependencies: BTreeSet::from([Address::new("kms_key", "s3")]),
        protect: true,
        superseded: Vec::new(),
    };
    let key = Record {
        kind: "kms_key".to_owned(),
        id: "0c1e4a3c-0000-4000-8000-000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        spec: None,
        outputs: Map::new(),
        dependencies: BTreeSet::new(),
        protect: false,
        superseded: Vec::new(),
    };
    State {
        environment: "dev".to_owned(),
        lineage: Uuid::from_u128(7),
        serial: 12,
        fencing: 5,
        engine: "0.1.0".to_owned(),
        written_at: "2026-01-02T03:04:05.678Z".parse().unwrap(),
        author: Some(Author {
            operation: "01JGK4".to_owned(),
            command: "apply".to_owned(),
            owner: "ann@laptop pid 4711".to_owned(),
        }),
        resources: BTreeMap::from([
            (Address::new("s3_bucket", "data").with_key("eu"), bucket),
            (Address::new("kms_key", "s3"), key),
        ]),
        operation: Some(Operation {
            id: "01JGK4".to_owned(),
            command: "apply".to_owned(),
            owner: "ann@laptop pid 4711".to_owned(),
            started_at: "2026-01-02T03:04:00Z".parse().unwrap(),
            fencing: 5,
            intents: BTreeMap::from([
                (
                    Address::new("kms_key", "s3"),
                    Intent {
                        change: ChangeKind::Created,
                        region: Some("us-east-1".to_owned()),
                        identity: None,
                        done: false,
                    },
                ),
                (
                    Address::new("s3_bucket", "old"),
                    Intent {
                        change: ChangeKind::Deleted,
                        region: Some("us-east-1".to_owned()),
                        identity: Some("acme-dev-old".to_owned()),
                        done: true,
                    },
                ),
            ]),
            folded: 3,
        }),
    }
}

/// The document of a state given as JSON text, with a checksum that is right.
fn document(format: u64, state: &str) -> Vec<u8> {
    format!(r#"{{ "format": {format}, "checksum": "{}", "state": {state} }}"#, checksum(state)).into_bytes()
}

fn shown(bytes: &[u8]) -> String {
    let error = decode(bytes, "dev").unwrap_err();
    format!("{error}\nhint: {}", error.hint())
}

/// What format 1 could say of the example.
fn example_1() -> State {
    let mut state = example();
    state.author = None;
    let operation = state.operation.as_mut().unwrap();
    operation.folded = 0;
    for intent in operation.intents.values_mut() {
        (intent.region, intent.identity, intent.done) = (None, None, false);
    }
    state
}

fn segment(content: Content) -> Segment {
    let header = Header { lineage: Uuid::from_u128(7), operation: "01JGK4".to_owned(), fencing: 5, sequence: 4 };
    Segment {
        environment: "dev".to_owned(),
        header,
        engine: "0.1.0".to_owned(),
        written_at: "2026-01-02T03:04:05.678Z".parse().unwrap(),
        content,
    }
}

fn results() -> Segment {
    let key = Address::new("kms_key", "s3");
    let record = example().resources[&key].clone();
    let old = Entry { address: Address::new("s3_bucket", "old"), record: None };
    segment(Content::Results(vec![Entry { address: key, record: Some(record) }, old]))
}

/// Written only where there is one, so that the documents of all others stay as they were.
#[test]
fn what_a_resource_took_the_place_of_is_kept() {
    let mut state = example();
    let key = state.resources.get_mut(&Address::new("kms_key", "s3")).unwrap();
    key.superseded = vec![Superseded {
        id: "old".to_owned(),
        region: "us-west-2".to_owned(),
        dependencies: BTreeSet::from([Address::new("iam_role", "r")]),
    }];
    let bytes = encode(&state).unwrap();
    assert_eq!(decode(&bytes, "dev").unwrap(), state);
    assert_eq!(String::from_utf8(bytes).unwrap().matches("superseded").count(), 1);
}

#[test]
fn new_reader_old_data() {
    assert_eq!(decode(FORMAT_1.as_bytes(), "dev").unwrap(), example_1());
    assert_eq!(decode(FORMAT_2.as_bytes(), "dev").unwrap(), example());
    assert_eq!(decode_segment(SEGMENT_2.as_bytes()).unwrap(), results());
    let watch = decode_watch(WATCH_2.as_bytes(), "dev").unwrap();
    assert!(watch.outbox[0].addressed_to.is_empty() && !watch.outbox[0].delivered.is_empty());
    assert!(watch.sightings.values().all(|sighting| sighting.told_at.is_some()));
}

#[test]
fn a_segment_is_refused_by_the_rules_of_a_state() {
    let text = SEGMENT_2.to_owned();
    let refused = |text: &str| decode_segment(text.as_bytes()).unwrap_err().to_string();
    insta::with_settings!({ filters => [("sha256:[0-9a-f]{64}", "SHA256")] }, {
        assert_snapshot!(refused(&text.replace("us-east-1", "us-west-2")), @"the document was changed or damaged after it was written: its checksum is SHA256, not SHA256");
    });
    assert_snapshot!(refused(&text.replace("\"format\": 2", "\"format\": 3")), @"the document has format 3, written by provision 0.1.0; this is provision 0.1.0, which reads up to format 2");
    assert_snapshot!(refused(&text[..200]), @"the document is cut off after 200 bytes");
    assert_snapshot!(refused(FORMAT_2), @"the document is not a state: unknown field `state`, expected one of `format`, `checksum`, `segment` at line 4 column 9");
    assert!(decode(SEGMENT_2.as_bytes(), "dev").is_err());
    let seal =
        segment(Content::Seal(Seal { operation: "01JGK5".to_owned(), owner: "bob@ci pid 7".to_owned(), fencing: 6 }));
    assert_eq!(decode_segment(&encode_segment(&seal).unwrap()).unwrap(), seal);
}

/// If this fails because a field was added: that is a new format. Bump `FORMAT`, and keep the old document readable.
#[test]
fn the_bytes_of_a_state_are_stable() {
    assert_eq!(String::from_utf8(encode(&example()).unwrap()).unwrap(), FORMAT_2);
    assert_eq!(String::from_utf8(encode_segment(&results()).unwrap()).unwrap(), SEGMENT_2);
    let watch = decode_watch(WATCH_3.as_bytes(), "dev").unwrap();
    assert_eq!(String::from_utf8(encode_watch(&watch).unwrap()).unwrap(), WATCH_3);
}

#[test]
fn what_a_check_remembers_has_a_format_of_its_own() {
    let later = WATCH_3.replace("\"format\": 3", "\"format\": 4");
    let error = decode_watch(later.as_bytes(), "dev").unwrap_err();
    assert_snapshot!(error, @"the document has format 4, written by provision of an unknown version; this is provision 0.1.0, which reads up to format 3");
}

#[test]
fn old_reader_new_data() {
    let state = r#"{ "engine": "9.2.0", "resources": [], "of_a_later_format": {} }"#;
    assert_snapshot!(shown(&document(3, state)), @"
    the document has format 3, written by provision 9.2.0; this is provision 0.1.0, which reads up to format 2
    hint: use that version of provision, or a newer one
    ");
    // Whatever else has changed, even the envelope.
    assert_snapshot!(shown(br#"{ "format": 40, "signature": "x" }"#), @"
    the document has format 40, written by provision of an unknown version; this is provision 0.1.0, which reads up to format 2
    hint: use that version of provision, or a newer one
    ");
}

/// An engine that added a field and forgot to bump the format.
#[test]
fn an_unknown_field_is_refused() {
    let mut state = serde_json::to_value(example()).unwrap();
    state["colour"] = json!("blue");
    assert_snapshot!(decode(&document(1, &state.to_string()), "dev").unwrap_err(), @"the document is not a state: in `state`: unknown field `colour`, expected one of `environment`, `lineage`, `serial`, `fencing`, `engine`, `written_at`, `author`, `resources`, `operation` at line 1 column 89");
    let mut state = serde_json::to_value(example()).unwrap();
    state["resources"]["kms_key.s3"]["colour"] = json!("blue");
    assert_snapshot!(decode(&document(1, &state.to_string()), "dev").unwrap_err(), @"the document is not a state: in `state`: unknown field `colour`, expected one of `kind`, `id`, `region`, `spec`, `outputs`, `dependencies`, `protect`, `superseded` at line 1 column 541");
}

#[test]
fn a_missing_field_is_refused() {
    let mut state = serde_json::to_value(example()).unwrap();
    state.as_object_mut().unwrap().remove("lineage");
    assert_snapshot!(decode(&document(1, &state.to_string()), "dev").unwrap_err(), @"the document is not a state: in `state`: missing field `lineage` at line 1 column 948");
}

#[test]
fn what_is_no_state_is_refused() {
    assert_snapshot!(shown(b"<Error>"), @"
    the document is not JSON: expected value at line 1 column 1
    hint: `provision state history` lists its earlier versions and `provision state rollback` puts one back; `provision state rebuild` makes it anew from what AWS has
    ");
    assert_snapshot!(shown(b""), @"
    the document is cut off after 0 bytes
    hint: `provision state history` lists its earlier versions and `provision state rollback` puts one back; `provision state rebuild` makes it anew from what AWS has
    ");
    assert_snapshot!(decode(b"[]", "dev").unwrap_err(), @"the document is not a state: it has no format number");
    assert_snapshot!(decode(br#"{ "format": "1" }"#, "dev").unwrap_err(), @"the document is not a state: it has no format number");
    assert_snapshot!(decode(br#"{ "format": 0 }"#, "dev").unwrap_err(), @"the document is not a state: it has no format number");
    assert_snapshot!(decode(br#"{ "format": 1, "state": {} }"#, "dev").unwrap_err(), @"the document is not a state: missing field `checksum` at line 1 column 28");
    assert_snapshot!(decode(br#"{ "version": 4, "terraform_version": "1.9.0" }"#, "dev").unwrap_err(), @"the document is not a state: it has no format number");
}

#[test]
fn an_edited_state_is_refused() {
    let edited = FORMAT_2.replace("\"serial\": 12", "\"serial\": 13");
    assert_snapshot!(shown(edited.as_bytes()), @"
    the document was changed or damaged after it was written: its checksum is sha256:8e90f9e859e3e495ec27c282039f66fc7b6b613608c6e3c4eda6bc236d69acb0, not sha256:13bdaa514491564b90f412949fb3e2db137d78c6186dca9b2f91e7b44145198a
    hint: `provision state history` lists its earlier versions and `provision state rollback` puts one back; `provision state rebuild` makes it anew from what AWS has
    ");
}

#[test]
fn another_environments_state_is_refused() {
    let error = decode(FORMAT_2.as_bytes(), "prod").unwrap_err();
    assert_snapshot!(format!("{error}\nhint: {}", error.hint()), @"
    the document is the state of environment `dev`, not of `prod`
    hint: check `bucket` and `key` in the [state] table of the file: each environment has an object of its own
    ");
}

#[test]
fn every_truncation_is_refused() {
    // The last byte is a newline, which says nothing.
    for length in 0..FORMAT_2.len() - 1 {
        let error = decode(&FORMAT_2.as_bytes()[..length], "dev").unwrap_err();
        assert_eq!(error, DocumentError::CutOff { bytes: length });
    }
}

#[test]
fn advancing_keeps_the_lineage() {
    let first = State::new("dev");
    let mut second = first.clone();
    let author = example().author.unwrap();
    second.advance(3, &author);
    assert_eq!((second.serial, second.fencing, second.lineage), (first.serial + 1, 3, first.lineage));
    assert_eq!(second.author, Some(author));
    assert_ne!(State::new("dev").lineage, first.lineage);
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".*", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn records() -> impl Strategy<Value = Record> {
    (prop::option::of(values()), prop::collection::btree_map(".*", values(), 0..3), any::<bool>(), ".*").prop_map(
        |(spec, outputs, protect, id)| Record {
            kind: "s3_bucket".to_owned(),
            id,
            region: "us-east-1".to_owned(),
            // `null` and nothing are the same in JSON.
            spec: spec.filter(|spec| !spec.is_null()),
            outputs: outputs.into_iter().collect(),
            dependencies: BTreeSet::new(),
            protect,
            superseded: Vec::new(),
        },
    )
}

fn states() -> impl Strategy<Value = State> {
    let address = ("[a-z_][a-z0-9_-]{0,8}", prop::option::of("[^\"]{1,8}")).prop_map(|(name, key)| {
        let address = Address::new("s3_bucket", name);
        key.map_or(address.clone(), |key| address.with_key(key))
    });
    (any::<u64>(), any::<u64>(), prop::collection::btree_map(address, records(), 0..4))
        .prop_map(|(serial, fencing, resources)| State { serial, fencing, resources, operation: None, ..example() })
}

proptest! {
    #[test]
    fn what_is_written_is_read(state in states()) {
        let bytes = encode(&state).unwrap();
        prop_assert_eq!(decode(&bytes, "dev"), Ok(state.clone()));
        prop_assert_eq!(encode(&decode(&bytes, "dev").unwrap()).unwrap(), bytes);
    }

    /// Of every byte that is changed, either nothing hangs on it (the space between tokens), or it is refused.
    #[test]
    fn a_damaged_byte_is_never_believed(position in 0..FORMAT_2.len(), byte in any::<u8>()) {
        let mut bytes = FORMAT_2.as_bytes().to_vec();
        bytes[position] = byte;
        if let Ok(state) = decode(&bytes, "dev") {
            prop_assert_eq!(state, example());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(decode(&bytes, "dev").is_err());
    }
}
