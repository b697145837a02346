//! Where the emulators are known to differ from AWS. The one list of them is in the Python patches.

use serde::Serialize;

use crate::programs::PATCHES;
use crate::{Emulator, Lane};

/// A known difference between an emulator and AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Whose it is.
    pub emulator: Emulator,
    /// The AWS API it shows in: `S3 GetBucketVersioning`.
    pub api: String,
    /// What the emulator does instead of what AWS documents.
    pub behaviour: String,
    /// Whether a patch of ours makes it behave as AWS does.
    pub mended: bool,
}

/// The known gaps of a lane, by emulator and patch file.
pub fn gaps(lane: Lane) -> Vec<Gap> {
    lane.emulators()
        .iter()
        .flat_map(|emulator| {
            PATCHES
                .iter()
                .filter(|(name, _)| name.strip_prefix(emulator.name()).is_some_and(|rest| rest.starts_with('_')))
                .flat_map(|(_, source)| parse(*emulator, source).unwrap_or_default())
        })
        .collect()
}

/// The `GAPS` of a patch file, which are written as JSON inside of the Python. `None` if they are not.
fn parse(emulator: Emulator, source: &str) -> Option<Vec<Gap>> {
    let (_, list) = source.split_once("\nGAPS = [\n")?;
    let list = if list.starts_with("]\n") { "" } else { list.split_once("\n]\n")?.0 };
    let rows: Vec<[String; 3]> = serde_json::from_str(&format!("[{list}]")).ok()?;
    rows.into_iter()
        .map(|[api, behaviour, state]| {
            let mended = match state.as_str() {
                "mended" => true,
                "open" => false,
                _ => return None,
            };
            Some(Gap { emulator, api, behaviour, mended })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_patch_file_lists_its_gaps_as_json() {
        for (name, source) in PATCHES.iter().filter(|(name, _)| *name != "__init__.py") {
            assert!(parse(Emulator::Moto, source).is_some(), "{name}: GAPS is not the JSON that moto_s3.py describes");
        }
    }

    #[test]
    fn every_patch_file_on_disk_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/python/patches");
        let mut on_disk: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".py"))
            .collect();
        on_disk.sort();
        let mut embedded: Vec<_> = PATCHES.iter().map(|(name, _)| (*name).to_owned()).collect();
        embedded.sort();
        assert_eq!(embedded, on_disk);
    }

    #[test]
    fn the_moto_lane_has_no_gaps_of_ministack() {
        let gaps = gaps(Lane::Moto);
        assert!(gaps.iter().any(|gap| gap.api.contains("GetBucketVersioning") && gap.mended));
        assert!(gaps.iter().all(|gap| gap.emulator == Emulator::Moto));
    }
}
