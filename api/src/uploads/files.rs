//! The store of files: a folder, or S3-compatible storage.

use std::{path::Path, sync::Arc};

use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem};

use crate::http::problem::{Problem, Result};

/// Where photos and imported files are kept.
#[derive(Clone, Debug)]
pub struct Files(Arc<dyn ObjectStore>);

impl Files {
    /// A folder, made if it is not there.
    pub fn folder(path: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(std::io::Error::other)?;
        Ok(Self(Arc::new(store)))
    }

    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<()> {
        self.0.put(&key.into(), PutPayload::from(bytes)).await.map_err(Problem::internal)?;
        Ok(())
    }

    pub async fn get(&self, key: &str) -> Result<Vec<u8>> {
        let found = self.0.get(&key.into()).await.map_err(Problem::internal)?;
        Ok(found.bytes().await.map_err(Problem::internal)?.to_vec())
    }

    pub async fn delete(&self, key: &str) -> Result<()> {
        self.0.delete(&key.into()).await.map_err(Problem::internal)
    }
}
