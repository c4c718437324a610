//! A mail server. A letter that is sent again has the same `Message-ID`, by which mailboxes tell it.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use rules::notices::Outcome;

use super::{Carrier, Letter};

/// How long a mail server may take over one answer.
const PATIENCE: Duration = Duration::from_secs(15);

pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    pub fn new(url: &str, from: &str) -> Result<Self, String> {
        let from =
            from.parse().map_err(|_| "email_from must be an address, such as 邻里 <notice@example.org>")?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| "email is no address of a mail server")?
            .timeout(Some(PATIENCE));
        Ok(Self { transport: transport.build(), from })
    }
}

#[async_trait::async_trait]
impl Carrier for Smtp {
    async fn carry(&self, letter: &Letter) -> Outcome {
        let Ok(to) = letter.to.parse::<Mailbox>() else { return Outcome::NotThisWay };
        let host = self.from.email.domain();
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&letter.subject)
            .message_id(Some(format!("<{}@{host}>", letter.id)))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone());
        let Ok(message) = message else { return Outcome::Refused };
        match self.transport.send(message).await {
            Ok(_) => Outcome::Sent,
            // A mail server says it to this address for good, in words that may repeat it: they are not kept.
            Err(error) if error.is_permanent() => Outcome::NotThisWay,
            Err(_) => Outcome::Failed,
        }
    }
}
