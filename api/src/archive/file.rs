//! A signed document as it lies in a file, and what can be wrong around its content.

use jsonwebtoken::jwk::Jwk;
use rules::canonical;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::seal::{self, Signer};
use crate::http::problem::{Problem, Result};

/// A signed document. Written in the order of the members' names, so that the signature stands last.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub content: Value,
    /// The public key, as a JSON Web Key.
    pub key: Jwk,
    /// The hash of the content.
    pub root: String,
    /// A compact JWS over what the content is about and the root.
    pub signature: String,
}

/// Of the canonical form of a file, and not in it.
const LABEL: &str = "linli/archive-file/1";

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The name of its kind.
    pub fault: String,
    pub words: String,
}

impl Difference {
    pub fn of(fault: &str, words: impl Into<String>) -> Self {
        Self { fault: fault.to_owned(), words: words.into() }
    }
}

/// A file, and what its content says.
///
/// # Errors
/// Words, where it is none of these.
pub fn read<T: DeserializeOwned>(text: &str, what: &str) -> std::result::Result<(File, T), String> {
    let file: File = serde_json::from_str(text).map_err(|error| format!("it is no {what}: {error}"))?;
    let content = serde_path_to_error::deserialize::<_, T>(&file.content)
        .map_err(|error| format!("it is no {what}: content.{}: {}", error.path(), error.inner()))?;
    Ok((file, content))
}

impl File {
    /// The text of a file with this content; `about` says what it is about, and its root.
    pub fn sealed(signer: &Signer, content: Value, about: &impl Serialize, root: String) -> Result<String> {
        let signature = signer.sign(about)?;
        Self { content, key: signer.public().clone(), root, signature }.written()
    }

    /// The only way in which its bytes are written.
    pub fn written(&self) -> Result<String> {
        let bytes = canonical::bytes(LABEL, self).map_err(Problem::internal)?;
        let text = String::from_utf8(bytes).map_err(Problem::internal)?;
        Ok(format!("{}\n", text.trim_start_matches(LABEL).trim_start()))
    }

    /// What is wrong around its content, which has this root and has to be signed with these words; by a public key from
    /// elsewhere, if there is one.
    ///
    /// # Errors
    /// Words, where there is no key that could be read.
    pub fn unlike<S: DeserializeOwned + PartialEq>(
        &self,
        text: &str,
        known: Option<&str>,
        (root, signed): (&str, &S),
    ) -> std::result::Result<Vec<Difference>, String> {
        let mut differences = Vec::new();
        let mut differs = |fault, words: String| differences.push(Difference::of(fault, words));
        if root != self.root {
            differs("ROOT", format!("the hash over everything is {root}, the file tells {}", self.root));
        }
        match seal::opened::<S>(&self.signature, &self.key) {
            None => differs(
                "SIGNATURE",
                "the signature is not made with the key that stands in the file, or for such a file".into(),
            ),
            Some(other) if other != *signed => {
                differs("SIGNED_ANOTHER", "the signature is that of another file".into());
            }
            Some(_) => {}
        }
        let key = seal::fingerprint(&self.key)?;
        if let Some(known) = known {
            let known = seal::fingerprint(&seal::read_public(known)?)?;
            if known != key {
                differs("OTHER_KEY", format!("it is signed with the key {key}, and not with {known}"));
            }
        }
        if self.written().map_err(|problem| problem.to_string())? != text {
            differs(
                "BYTES",
                "the bytes are not those in which the same content is written: something is there twice, or besides"
                    .into(),
            );
        }
        Ok(differences)
    }
}
