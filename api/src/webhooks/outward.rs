//! Speaking to addresses that somebody else chose: what a name leads to is looked at before anything connects, and the
//! connection goes to what was looked at.

use std::{
    error::Error,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::CONTENT_TYPE,
    redirect::Policy,
};
use thiserror::Error as ThisError;

const CONNECT: Duration = Duration::from_secs(5);
/// For the whole answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Which addresses may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaches {
    /// Public ones, by https.
    Public,
    /// Also this machine, without TLS: for tests.
    Anywhere,
}

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum Refused {
    #[error("not an https address with a host, without user and password")]
    Form,
    #[error("the address is not public")]
    Private,
}

/// Why a call did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Refused(Refused),
    /// It answered, but not with success.
    Status(u16),
    Unreachable,
}

/// The client for webhooks.
#[derive(Clone, Debug)]
pub struct Outward {
    http: Client,
    reaches: Reaches,
}

/// A call: `headers` beside the content type.
pub struct Call<'a> {
    pub url: &'a str,
    pub headers: [(&'static str, String); 3],
    pub body: Vec<u8>,
}

impl Outward {
    /// # Errors
    /// A machine without trusted root certificates.
    pub fn new(reaches: Reaches) -> Result<Self, String> {
        let http = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            // A kept connection was made to an address that was looked at long ago.
            .pool_max_idle_per_host(0)
            .user_agent("linli-webhooks")
            .dns_resolver(Arc::new(Resolver(reaches)))
            .build();
        Ok(Self {
            http: http.map_err(|_| "install the system's root certificates (ca-certificates)")?,
            reaches,
        })
    }

    /// Whether an address may be registered at all. What its name leads to is looked at with every call.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check(&self, url: &str) -> Result<(), Refused> {
        self.url(url).map(|_| ())
    }

    fn url(&self, url: &str) -> Result<Url, Refused> {
        let url = Url::parse(url).map_err(|_| Refused::Form)?;
        let scheme_fits =
            url.scheme() == "https" || self.reaches == Reaches::Anywhere && url.scheme() == "http";
        if !scheme_fits || !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Form);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Refused::Form)?;
        // An address that is written out is connected to without asking the resolver.
        let written = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match written {
            Ok(address) if !self.reaches.allows(address) => Err(Refused::Private),
            _ => Ok(url),
        }
    }

    /// Calls; the status of success.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn call(&self, call: Call<'_>) -> Result<u16, Failure> {
        let url = self.url(call.url).map_err(Failure::Refused)?;
        let mut request = self.http.post(url).header(CONTENT_TYPE, "application/json").body(call.body);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(|error| failure(&error))?;
        let status = answer.status();
        if status.is_success() { Ok(status.as_u16()) } else { Err(Failure::Status(status.as_u16())) }
    }
}

/// A refusal of the resolver's comes wrapped.
fn failure(error: &(dyn Error + 'static)) -> Failure {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return Failure::Refused(*refused);
        }
        cause = error.source();
    }
    Failure::Unreachable
}

struct Resolver(Reaches);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reaches = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One private address among several is how a name is made to change its mind.
            if found.iter().any(|address| !reaches.allows(address.ip())) {
                return Err(Refused::Private.into());
            }
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

impl Reaches {
    fn allows(self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Self::Anywhere, _) => true,
            (Self::Public, IpAddr::V4(address)) => is_public_v4(address),
            (Self::Public, IpAddr::V6(address)) => is_public_v6(address),
        }
    }
}

/// Not of the ranges that IANA keeps for special purposes.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

/// Only what is routed worldwide, and of that nothing that leads on to an address of the older kind.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_global = a & 0xe000 == 0x2000;
    let is_special = a == 0x2001 && (b < 0x0200 || b == 0x0db8) || a == 0x2002 || a == 0x3fff;
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_private_is_allowed_however_it_is_written() {
        for private in [
            "127.0.0.1",
            "127.8.8.8",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.170",
            "198.18.0.1",
            "203.0.113.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "fec0::1",
        ] {
            assert!(!Reaches::Public.allows(private.parse().unwrap()), "{private}");
            assert!(Reaches::Anywhere.allows(private.parse().unwrap()), "{private}");
        }
        for public in
            ["8.8.8.8", "114.114.114.114", "172.32.0.1", "100.128.0.1", "2400:3200::1", "2606:4700::1111"]
        {
            assert!(Reaches::Public.allows(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn an_address_is_public_and_https() {
        let outward = Outward::new(Reaches::Public).unwrap();
        assert_eq!(outward.check("https://example.org/hook?a=1"), Ok(()));
        for form in [
            "http://example.org/",
            "https://u:p@example.org/",
            "https://u@example.org",
            "ftp://a",
            "x",
            "https://",
        ] {
            assert_eq!(outward.check(form), Err(Refused::Form), "{form}");
        }
        // As browsers do, the parser reads numbers of any base as an address.
        for private in [
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://017700000001/",
        ] {
            assert_eq!(outward.check(private), Err(Refused::Private), "{private}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_connected_to() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
        let headers = [
            ("webhook-id", "a".into()),
            ("webhook-timestamp", "1".into()),
            ("webhook-signature", "v1,x".into()),
        ];
        let call = Call { url: &url, headers, body: Vec::new() };
        let called = Outward::new(Reaches::Public).unwrap().call(call).await;
        assert_eq!(called, Err(Failure::Refused(Refused::Private)));
        assert!(listener.accept().is_err(), "nobody knocked");
    }
}
