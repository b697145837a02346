//! The model of the lock: that its rules hold, and that each of them is needed.

use super::super::explorer::{fails, holds};
use super::*;

#[test]
fn two_contend() {
    holds(&LOCK);
}

#[test]
fn three_contend() {
    holds(&Lock { tries: &[1, 1, 1], attempts: 1, lease: 1, patience: 1, ..LOCK });
}

#[test]
fn a_person_interferes() {
    holds(&Lock { tries: &[1, 1], force: 1, ..LOCK });
}

/// The state remembers a number that the table does not.
const LOST: Lock = Lock { state: Some(2), lease: 1, patience: 1, ..LOCK };

#[test]
fn a_table_that_was_lost_before() {
    holds(&LOST);
}

/// The table is lost once, and the state is new.
const LOSING: Lock = Lock { tries: &[1, 1], losses: 1, state: Some(0), ..LOST };

#[test]
fn a_table_that_is_lost_meanwhile() {
    holds(&LOSING);
    holds(&Lock { untimely: true, ..LOSING });
}

#[test]
fn whoever_does_not_raise_its_number_cannot_write() {
    let violation = fails(&Lock { raises: false, ..LOST });
    assert_eq!(violation.what, "whoever holds the lock cannot write the state", "{violation}");
}

#[test]
fn whoever_does_not_raise_its_number_writes_under_anothers() {
    let violation = fails(&Lock { raises: false, state: Some(1), ..LOST });
    assert_eq!(violation.what, "the state was claimed under number 1 after 1", "{violation}");
}

#[test]
fn whoever_does_not_wait_after_that_holds_it_beside_another() {
    let violation = fails(&Lock { waits: false, ..LOSING });
    assert!(violation.what.starts_with("two hold it"), "{violation}");
}

// As the tests above with less left out: minutes, and gigabytes.

#[test]
#[ignore = "takes minutes"]
fn two_contend_twice() {
    holds(&Lock { tries: &[2, 2], ..LOCK });
}

#[test]
#[ignore = "takes minutes"]
fn three_contend_for_longer() {
    holds(&Lock { tries: &[1, 1, 1], attempts: 1, ..LOCK });
}

#[test]
#[ignore = "takes minutes"]
fn two_contend_for_a_longer_lease() {
    holds(&Lock { tries: &[2, 1], lease: 3, patience: 3, ..LOCK });
}

#[test]
#[ignore = "takes minutes"]
fn a_person_interferes_more_often() {
    holds(&Lock { tries: &[2, 1], force: 1, ..LOCK });
}

#[test]
#[ignore = "takes minutes"]
fn a_table_that_is_lost_while_leases_are_longer() {
    holds(&Lock { lease: 2, patience: 2, ..LOSING });
}

#[test]
#[ignore = "takes minutes"]
fn a_table_that_is_lost_while_three_contend() {
    holds(&Lock { tries: &[1, 1, 1], attempts: 1, ..LOSING });
}

#[test]
#[ignore = "takes minutes"]
fn a_table_that_is_lost_at_any_moment_while_three_contend() {
    holds(&Lock { tries: &[1, 1, 1], attempts: 1, untimely: true, ..LOSING });
}

#[test]
fn without_conditions_two_hold_it() {
    let violation = fails(&Lock { conditional: false, ..LOCK });
    assert!(!violation.what.is_empty(), "{violation}");
}

#[test]
fn whoever_does_not_wait_a_whole_lease_holds_it_beside_another() {
    let violation = fails(&Lock { patience: 1, ..LOCK });
    assert!(violation.what.starts_with("two hold it"), "{violation}");
}

#[test]
fn whoever_counts_from_the_answer_holds_it_too_long() {
    let violation = fails(&Lock { counts_from_before: false, ..LOCK });
    assert!(violation.what.starts_with("two hold it"), "{violation}");
}

#[test]
fn numbers_that_do_not_grow_are_noticed() {
    let violation = fails(&Lock { grows: false, ..LOCK });
    assert!(violation.what.contains("was granted after"), "{violation}");
}

#[test]
fn an_item_that_is_deleted_forgets_its_number() {
    let violation = fails(&Lock { keeps_item: false, ..LOCK });
    assert!(violation.what.contains("went back"), "{violation}");
}
