//! The earlier versions of the state.

use futures::stream::{self, StreamExt, TryStreamExt};
use provision_state::{Loaded, State, Store, Version};

use super::Session;
use crate::failure::Failure;

/// How many versions are read at once.
const AT_ONCE: usize = 8;

/// A version of the state.
pub struct Past {
    /// The version.
    pub version: Version,
    /// What it says.
    pub content: Content,
}

/// What a version of the state says.
pub enum Content {
    /// A state.
    State(Box<State>),
    /// That the state was deleted.
    Deleted,
    /// Nothing that can be used, and why.
    Unusable(String),
}

impl Past {
    /// The state, if it is one.
    pub fn state(&self) -> Option<&State> {
        match &self.content {
            Content::State(state) => Some(state),
            Content::Deleted | Content::Unusable(_) => None,
        }
    }
}

impl Session {
    /// The newest versions of the state, the newest first.
    ///
    /// # Errors
    /// If they cannot be listed or read. That one is damaged is not an error.
    pub async fn history(&self, limit: usize) -> Result<Vec<Past>, Failure> {
        let store = &self.store(None).await;
        let versions = store.history().await?;
        let read = stream::iter(versions.into_iter().take(limit)).map(|version| async move {
            if version.size.is_none() {
                return Ok(Past { version, content: Content::Deleted });
            }
            let content = match store.load_version(&version.id).await {
                Ok(Loaded::Present(stored)) => Content::State(Box::new(stored.state)),
                Ok(Loaded::Absent { .. } | Loaded::NoBucket) => Content::Unusable("it is gone".to_owned()),
                Err(error) if error.is_damage() => Content::Unusable(error.to_string()),
                Err(error) => return Err(error.into()),
            };
            Ok(Past { version, content })
        });
        read.buffered(AT_ONCE).try_collect().await
    }
}
