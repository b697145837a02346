//! The journal's segments as objects: reading, appending, closing, deleting. The rules are in [`crate::journal`].

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::object::{Got, Objects, Put, WriteError, call, is_above, read, write};
use super::{Found, Loaded, StateError, Stored};
use crate::document::{decode_segment, encode_segment};
use crate::journal::{Content, Cursor, Header, JournalError, Seal, Segment, is_swept};

/// How often the state is read again because it changed while its journal was being read.
const READS: u32 = 5;
/// How many segments the old writer may append while its journal is being closed.
const SEALS: u32 = 10;

/// The state with what its journal says.
pub(super) async fn load(objects: &impl Objects) -> Result<Loaded, StateError> {
    for _ in 0..READS {
        let mut stored = match read(objects, None).await? {
            Loaded::Present(stored) => *stored,
            nothing => return Ok(nothing),
        };
        let Some(cursor) = Cursor::of(&stored.state) else { return Ok(Loaded::Present(Box::new(stored))) };
        let followed = follow(objects, &mut stored, cursor).await;
        // If its writer has folded and deleted the journal meanwhile, what was read of it means nothing.
        if matches!(read(objects, None).await?, Loaded::Present(now) if now.token == stored.token) {
            followed?;
            return Ok(Loaded::Present(Box::new(stored)));
        }
    }
    Err(StateError::Restless { location: objects.location() })
}

/// Adds to the state what the segments after the cursor say.
async fn follow(objects: &impl Objects, stored: &mut Stored, mut cursor: Cursor) -> Result<(), StateError> {
    let journal = folder(objects.key(), &cursor.next());
    let keys = objects.keys(&journal).await.map_err(|source| call("list the journal of", objects, source))?;
    let mut numbers: Vec<u64> = keys.iter().filter_map(|key| number(key.strip_prefix(&journal)?)).collect();
    numbers.retain(|number| *number > cursor.sequence());
    numbers.sort_unstable();
    let reads = numbers.iter().map(|number| {
        let key = key(objects.key(), &Header { sequence: *number, ..cursor.next() });
        async move { (*number, segment(objects, &key).await) }
    });
    for (number, segment) in join_all(reads).await {
        // A segment that has gone since it was listed is a hole, or the end.
        let Some(segment) = segment? else { continue };
        let misplaced = segment.environment != objects.environment();
        let results = match misplaced {
            true => Err(JournalError::Misplaced { operation: segment.header.operation, sequence: number }),
            false => cursor.read(number, &segment.header, segment.content.into()),
        };
        let results = match results {
            Ok(results) => results,
            // What comes after a segment that has not arrived is not known yet. Whoever goes on from here looks by tags for what the
            // operation made.
            Err(JournalError::Hole { .. }) if objects.are_copies() => break,
            Err(source) => return Err(StateError::Journal { location: objects.location(), source }),
        };
        let Some(results) = results else { continue };
        for entry in results {
            stored.state.enter(entry.address, entry.record);
        }
        // Whoever writes this state writes what it contains.
        if let Some(operation) = &mut stored.state.operation {
            operation.folded = number;
        }
    }
    stored.journal = Some(cursor);
    Ok(())
}

async fn segment(objects: &impl Objects, key: &str) -> Result<Option<Segment>, StateError> {
    let location = objects.location_of(key);
    let got = objects.get(key, None).await;
    let got = got.map_err(|source| StateError::Call { doing: "read", location, source: Box::new(source) })?;
    let Got::Blob(blob) = got else { return Ok(None) };
    objects.check_encryption(key, &blob)?;
    let segment = decode_segment(&blob.body)
        .map_err(|source| StateError::Segment { location: objects.location_of(key), source })?;
    Ok(Some(segment))
}

/// Appends a segment.
pub(super) async fn append(objects: &impl Objects, segment: &Segment) -> Result<(), StateError> {
    let Header { operation, fencing, sequence, lineage } = &segment.header;
    let key = key(objects.key(), &segment.header);
    let location = objects.location_of(&key);
    let body = encode_segment(segment).map_err(|source| StateError::Segment { location: location.clone(), source })?;
    let labels = [
        ("environment", objects.environment().to_owned()),
        ("lineage", lineage.to_string()),
        ("operation", operation.clone()),
        ("fencing", fencing.to_string()),
        ("sequence", sequence.to_string()),
    ];
    match write(objects, Put { key: &key, body: &body, labels: &labels, expected: None }).await {
        Ok(_) => Ok(()),
        Err(WriteError::NoBucket) => Err(StateError::NoBucket { location }),
        Err(WriteError::Failed(source)) => Err(StateError::Call { doing: "write", location, source: Box::new(source) }),
        Err(WriteError::Unsettled(source)) => {
            let what = format!("segment {sequence} of the journal");
            Err(StateError::Unsettled { location, what, source: Box::new(source) })
        }
        Err(WriteError::Moved(got)) => {
            let by = match got {
                Got::Blob(blob) => decode_segment(&blob.body).ok().and_then(|found| match found.content {
                    Content::Seal(seal) => Some(seal),
                    Content::Results(_) => None,
                }),
                Got::NoBucket | Got::Nothing { .. } => None,
            };
            Err(StateError::Sealed { location, by })
        }
    }
}

/// Closes the journal of the operation that was interrupted, so that its writer, should it still be there, cannot append
/// to it any more; and takes into account whatever it had appended until then.
pub(super) async fn seal(objects: &impl Objects, mut stored: Stored, seal: &Seal) -> Result<Stored, StateError> {
    for _ in 0..SEALS {
        // Whoever has written under our number or a greater one is not to be taken over from, but has taken over from us.
        let number = stored.state.number();
        if !is_above(seal.fencing, number) {
            return Err(StateError::Fenced { location: objects.location(), own: seal.fencing, stored: number });
        }
        let Some(cursor) = stored.journal.as_mut().filter(|cursor| !cursor.is_sealed()) else { return Ok(stored) };
        let segment = Segment::new(objects.environment(), cursor.next(), Content::Seal(seal.clone()));
        match append(objects, &segment).await {
            Ok(()) => {
                cursor.written(true);
                return Ok(stored);
            }
            // It goes on writing, or another has closed it.
            Err(StateError::Sealed { .. }) => match load(objects).await? {
                Loaded::Present(now) => stored = *now,
                Loaded::Absent { .. } | Loaded::NoBucket => {
                    let expected = Some(stored.token.serial);
                    return Err(StateError::Moved { location: objects.location(), expected, found: Found::Nothing });
                }
            },
            Err(error) => return Err(error),
        }
    }
    Err(StateError::Restless { location: objects.location() })
}

/// Deletes what the holder of this lease, having written the state, needs no more of the journals.
pub(super) async fn sweep(objects: &impl Objects, own: u64) -> Result<(), StateError> {
    let root = root(objects.key());
    let choose = |keys: BTreeSet<String>| {
        let mut last: BTreeMap<&str, u64> = BTreeMap::new();
        let places: Vec<_> = keys.iter().filter_map(|key| Some((key, place(key.strip_prefix(&root)?)?))).collect();
        for (_, (journal, _, number)) in &places {
            last.entry(journal).and_modify(|last| *last = (*last).max(*number)).or_insert(*number);
        }
        let swept =
            places.iter().filter(|(_, (journal, fencing, number))| is_swept(own, *fencing, *number, last[journal]));
        swept.map(|(key, _)| (*key).clone()).collect()
    };
    let deleted = objects.delete_all(&root, &choose).await;
    deleted.map_err(|source| call("delete the journal of", objects, source))
}

/// Deletes all journals.
pub(super) async fn delete(objects: &impl Objects) -> Result<(), StateError> {
    let deleted = objects.delete_all(&root(objects.key()), &|keys| keys).await;
    deleted.map_err(|source| call("delete the journal of", objects, source))
}

/// Where the journals of the state with this key are. Each state has a folder of its own, and its name does not begin with the
/// state's key, whose versions are listed by it.
pub(super) fn root(state: &str) -> String {
    let (folder, name) = state.rsplit_once('/').map_or(("", state), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}journal/{name}/")
}

fn folder(state: &str, header: &Header) -> String {
    format!("{}{:08}-{}/", root(state), header.fencing, header.operation)
}

fn key(state: &str, header: &Header) -> String {
    format!("{}{:08}.json", folder(state, header), header.sequence)
}

/// Which journal a segment belongs to, of which fencing number, and its number there.
fn place(name: &str) -> Option<(&str, u64, u64)> {
    let (journal, name) = name.split_once('/')?;
    Some((journal, journal.split('-').next()?.parse().ok()?, number(name)?))
}

fn number(name: &str) -> Option<u64> {
    name.strip_suffix(".json")?.parse().ok()
}

#[cfg(test)]
mod tests;
