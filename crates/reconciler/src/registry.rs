//! The kinds that an engine knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use provision_config::{Address, Catalog};

use crate::erased::{AnyKind, Bound};
use crate::error::{CloudError, ErrorClass};
use crate::kind::Kind;

/// The kinds that an engine knows, by name.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: BTreeMap<String, Arc<dyn AnyKind>>,
}

impl Registry {
    /// Adds a kind, bound to the cloud that its calls go to.
    #[must_use]
    pub fn with<K: Kind>(mut self, cloud: &Arc<K::Cloud>) -> Self {
        self.kinds.insert(K::NAME.to_owned(), Arc::new(Bound::<K>::new(Arc::clone(cloud))));
        self
    }

    /// The kind of an address.
    ///
    /// # Errors
    /// If there is no such kind: a record in a state that a newer engine wrote.
    pub fn kind(&self, address: &Address) -> Result<&Arc<dyn AnyKind>, CloudError> {
        self.kinds.get(&address.kind).ok_or_else(|| {
            let message = format!("this version does not know the kind `{}` of {address}", address.kind);
            CloudError::new(&address.kind, ErrorClass::Refused, message)
                .with_hint("use the version of provision that wrote the state")
        })
    }

    /// All kinds, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &Arc<dyn AnyKind>> {
        self.kinds.values()
    }

    /// What environment files may contain.
    pub fn catalog(&self) -> Catalog {
        let kinds = self.kinds.iter().map(|(name, kind)| (name.clone(), kind.schema().clone()));
        Catalog { kinds: kinds.collect() }
    }
}
