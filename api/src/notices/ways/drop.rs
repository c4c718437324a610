//! A folder in which every letter is one file, named by its id: writing it again writes the same file.

use std::path::{Path, PathBuf};

use rules::notices::Outcome;
use serde_json::json;

use super::{Carrier, Letter};

pub struct Drop {
    folder: PathBuf,
}

impl Drop {
    /// A folder, made if it is not there.
    pub fn new(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Whole or not at all: whoever empties the folder never meets half a letter.
    async fn write(&self, letter: &Letter) -> std::io::Result<()> {
        let Letter { id, to, subject, text } = letter;
        let body = json!({ "id": id, "to": to, "subject": subject, "text": text }).to_string();
        let (whole, part) = (self.folder.join(format!("{id}.json")), self.folder.join(format!(".{id}.part")));
        tokio::fs::write(&part, body).await?;
        tokio::fs::rename(part, whole).await
    }
}

#[async_trait::async_trait]
impl Carrier for Drop {
    async fn carry(&self, letter: &Letter) -> Outcome {
        match self.write(letter).await {
            Ok(()) => Outcome::Sent,
            Err(error) => {
                tracing::warn!(%error, "a letter could not be written into its folder");
                Outcome::Failed
            }
        }
    }
}
