//! What carries a letter to a phone or a mailbox: a folder that a gateway of the operator's empties, or a mail server.

mod drop;
mod smtp;

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

use rules::notices::Outcome;
use secrecy::{ExposeSecret, SecretString};

use drop::Drop;
use smtp::Smtp;

/// What is to be carried. Whom it goes to is private, and no part of its `Debug`.
pub struct Letter {
    /// The same however often it is sent, so that whoever gets it twice can tell.
    pub id: String,
    /// A phone number or an e-mail address.
    pub to: String,
    pub subject: String,
    pub text: String,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Whatever takes letters away.
#[async_trait::async_trait]
pub trait Carrier: Send + Sync {
    /// Takes one away, and says how that ended. Carrying the same again is told by its id.
    async fn carry(&self, letter: &Letter) -> Outcome;
}

/// The carriers that are configured.
#[derive(Clone, Default)]
pub struct Ways {
    pub sms: Option<Arc<dyn Carrier>>,
    pub email: Option<Arc<dyn Carrier>>,
}

impl fmt::Debug for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ways")
            .field("sms", &self.sms.is_some())
            .field("email", &self.email.is_some())
            .finish()
    }
}

impl Ways {
    /// # Errors
    /// What the operator must put right.
    pub fn new(sms: &SmsOutlet, email: &EmailOutlet, from: &str) -> Result<Self, String> {
        let drop = |folder: &PathBuf| -> Result<Arc<dyn Carrier>, String> {
            Ok(Arc::new(Drop::new(folder).map_err(|error| format!("{}: {error}", folder.display()))?))
        };
        let email: Option<Arc<dyn Carrier>> = match email {
            EmailOutlet::None => None,
            EmailOutlet::Folder(folder) => Some(drop(folder)?),
            EmailOutlet::Server(url) => Some(Arc::new(Smtp::new(url.expose_secret(), from)?)),
        };
        Ok(Self { sms: sms.0.as_ref().map(drop).transpose()?, email })
    }
}

/// Where short messages go: nowhere, or `file:FOLDER`.
#[derive(Clone, Debug, Default)]
pub struct SmsOutlet(Option<PathBuf>);

impl FromStr for SmsOutlet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, folder(text)) {
            ("", _) => Ok(Self(None)),
            (_, Some(folder)) => Ok(Self(Some(folder))),
            _ => Err("must be file:FOLDER, which your gateway empties, or nothing".into()),
        }
    }
}

/// Where e-mail goes: nowhere, `file:FOLDER`, or a mail server.
#[derive(Clone, Debug, Default)]
pub enum EmailOutlet {
    #[default]
    None,
    Folder(PathBuf),
    Server(SecretString),
}

impl FromStr for EmailOutlet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::None);
        }
        if let Some(folder) = folder(text) {
            return Ok(Self::Folder(folder));
        }
        if ["smtp://", "smtps://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self::Server(text.to_owned().into()));
        }
        Err("must be smtps://USER:PASSWORD@HOST, smtp://HOST, file:FOLDER, or nothing".into())
    }
}

fn folder(text: &str) -> Option<PathBuf> {
    text.strip_prefix("file:").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}
