//! The rules of the journal.
#![allow(clippy::unwrap_used)]

use super::*;

fn cursor() -> Cursor {
    Cursor::after(Header { lineage: Uuid::from_u128(7), operation: "op".to_owned(), fencing: 5, sequence: 2 })
}

fn read(cursor: &mut Cursor, key: u64) -> Result<Option<u64>, JournalError> {
    let header = Header { sequence: key, ..cursor.next() };
    cursor.read(key, &header, Part::Results(key))
}

#[test]
fn segments_are_read_in_order_after_what_is_folded() {
    let mut cursor = cursor();
    assert_eq!(read(&mut cursor, 1), Ok(None));
    assert_eq!(read(&mut cursor, 2), Ok(None));
    assert_eq!(read(&mut cursor, 3), Ok(Some(3)));
    assert_eq!(read(&mut cursor, 4), Ok(Some(4)));
    assert_eq!(cursor.sequence(), 4);
}

#[test]
fn what_follows_a_seal_does_not_count() {
    let mut cursor = cursor();
    let header = cursor.next();
    assert_eq!(cursor.read::<()>(3, &header, Part::Seal), Ok(None));
    assert!(cursor.is_sealed());
    assert_eq!(read(&mut cursor, 4), Ok(None));
    assert_eq!(read(&mut cursor, 9), Ok(None));
}

#[test]
fn a_hole_is_refused() {
    insta::assert_snapshot!(read(&mut cursor(), 4).unwrap_err(), @"segment 3 of the journal of operation op is missing, but there are later ones");
}

#[test]
fn a_segment_in_anothers_place_is_refused() {
    let right = cursor().next();
    let wrong = [
        Header { sequence: 4, ..right.clone() },
        Header { fencing: 4, ..right.clone() },
        Header { operation: "another".to_owned(), ..right.clone() },
        Header { lineage: Uuid::from_u128(8), ..right.clone() },
    ];
    for header in wrong {
        let error = cursor().read(3, &header, Part::Results(())).unwrap_err();
        assert_eq!(error, JournalError::Misplaced { operation: "op".to_owned(), sequence: 3 });
    }
    assert_eq!(cursor().read(3, &right, Part::Results(())), Ok(Some(())));
}
