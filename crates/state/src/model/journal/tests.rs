//! The model of the journal: that its rules hold, and that each of them is needed.

use super::super::explorer::{fails, holds};
use super::*;

#[test]
fn two_write() {
    holds(&Rules { results: 1, ..RULES });
    holds(&Rules { attempts: 1, ..RULES });
}

#[test]
fn one_writes_and_one_reads() {
    holds(&Rules { processes: 1, reader: true, ..RULES });
}

/// The lock's table is lost once.
const LOSING: Rules = Rules { results: 1, attempts: 1, losses: 1, ..RULES };

#[test]
fn two_write_and_the_numbers_are_lost() {
    holds(&LOSING);
}

#[test]
fn two_operations_of_one_number_undo_each_other() {
    let violation = fails(&Rules { raises: false, equals: true, ..LOSING });
    assert!(violation.what.starts_with("lost: ") || violation.what.contains(" went back to "), "{violation}");
}

// As the tests above with less left out: minutes, and gigabytes.

#[test]
#[ignore = "takes minutes"]
fn three_write() {
    holds(&Rules { processes: 3, results: 1, attempts: 1, ..RULES });
}

#[test]
#[ignore = "takes minutes"]
fn two_write_more() {
    holds(&RULES);
}

#[test]
#[ignore = "takes minutes"]
fn two_write_and_one_reads() {
    holds(&Rules { results: 1, attempts: 1, reader: true, ..RULES });
}

#[test]
#[ignore = "takes minutes"]
fn two_write_more_and_the_numbers_are_lost() {
    holds(&Rules { results: 2, ..LOSING });
}

#[test]
fn without_if_match_an_old_writer_writes_over_a_newer_one() {
    let violation = fails(&Rules { conditional: false, ..RULES });
    assert_eq!(violation.what, "the state was written under an older number", "{violation}");
}

#[test]
fn without_if_none_match_a_seal_is_written_over() {
    let violation = fails(&Rules { creates: false, ..RULES });
    assert!(violation.what.starts_with("lost: "), "{violation}");
}

#[test]
fn without_a_seal_what_was_appended_late_is_lost() {
    let violation = fails(&Rules { seals: false, ..RULES });
    assert!(violation.what.starts_with("lost: "), "{violation}");
}

#[test]
fn a_seal_that_is_deleted_lets_a_late_append_through() {
    let violation = fails(&Rules { keeps_seals: false, ..RULES });
    assert!(violation.what.starts_with("lost: "), "{violation}");
}

#[test]
fn segments_of_another_operation_must_not_count() {
    let violation = fails(&Rules { named: false, ..RULES });
    assert!(violation.what.starts_with("lost: "), "{violation}");
}

#[test]
fn what_is_folded_must_not_count_again() {
    let violation = fails(&Rules { folds: false, ..RULES });
    assert!(violation.what.starts_with("the state cannot be read: "), "{violation}");
}

#[test]
fn whoever_deletes_all_journals_deletes_a_newer_one() {
    let violation = fails(&Rules { sweeps_own: false, ..RULES });
    assert!(violation.what.starts_with("lost: "), "{violation}");
}

#[test]
fn a_journal_must_belong_to_the_state_that_was_read() {
    let violation = fails(&Rules { processes: 1, reader: true, reads_again: false, ..RULES });
    assert!(violation.what.starts_with("somebody who only reads"), "{violation}");
}
